import {
  type HTTPBatchLinkOptions,
  type HTTPHeaders,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  isNonJsonSerializable,
  type Operation,
  type TRPCLink,
} from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'
import { observable } from '@trpc/server/observable'
import { idempotencyKeyHeader } from '../contract/keyHeader.ts'
import { keyHeadersAs, maxBatchItems } from './keyHeaders.ts'

/** The options of `httpBatchLink`, including `transformer` if the router has a data transformer. */
type BatchOptions<Router extends AnyTRPCRouter> = HTTPBatchLinkOptions<Router['_def']['_config']['$types']>
type Headers = BatchOptions<AnyTRPCRouter>['headers']

/** The options of `billingLinks` that apply to calls over HTTP. */
export type HttpOptions<Router extends AnyTRPCRouter> = BatchOptions<Router> & {
  /**
   * The header that carries the keys. If you changed `options.keyHeader` on the server, set this option to
   * the same header.
   */
  keyHeader?: string
  /**
   * The calls that are sent with `httpBatchStreamLink`: all of them (`true`), none (`false`), or the calls
   * for which the function returns true. Streamed responses carry no balances, and procedures can't set
   * headers or cookies in them.
   *
   * By default, the link detects procedures that stream their results. The server rejects the first call to
   * such a procedure, and the link sends the call again as a stream. The rejected call runs only until the
   * procedure returns its stream, so the body of a generator function never runs. If a procedure does its
   * work before it returns the stream, set `stream` so that the work isn't done twice.
   */
  stream?: boolean | ((op: Operation) => boolean)
}

/**
 * Sends queries in batches, and each mutation in a separate request. Queries that `isSlow` selects also get
 * separate requests, because a batch waits for its slowest call. Files and FormData aren't batched.
 */
export function httpLinks(
  { keyHeader = idempotencyKeyHeader, stream, ...options }: HttpOptions<AnyTRPCRouter>,
  isSlow: (op: Operation) => boolean,
): TRPCLink<AnyTRPCRouter> {
  const headersOf = withKeys(options.headers, keyHeader)
  const maxItems = Math.min(options.maxItems ?? maxBatchItems, maxBatchItems)
  const shared = { ...options, headers: headersOf, maxItems }
  const batchLink = httpBatchLink(shared)
  const singleLink = httpBatchLink({ ...shared, maxItems: 1 })
  const streamLink = httpBatchStreamLink(shared)
  const fileLink = httpLink({ ...shared, headers: ({ op }) => headersOf({ opList: [op] }) })
  const isStream = typeof stream === 'function' ? stream : () => stream === true

  return (runtime) => {
    const inBatch = batchLink(runtime)
    const single = singleLink(runtime)
    const streamed = streamLink(runtime)
    const file = fileLink(runtime)
    const detected = new Set<string>()

    return ({ op, next }) => {
      if (isNonJsonSerializable(op.input)) return file({ op, next })
      if (isStream(op) || detected.has(op.path)) return streamed({ op, next })
      const plain = op.type === 'mutation' || isSlow(op) ? single({ op, next }) : inBatch({ op, next })
      if (stream !== undefined) return plain

      return observable((observer) => {
        let sent = plain.subscribe({
          next: (result) => observer.next(result),
          error(error) {
            if (error.data?.code !== 'UNSUPPORTED_MEDIA_TYPE') return observer.error(error)
            if (!detected.has(op.path)) warnOfStream(op.path)
            detected.add(op.path)
            sent = streamed({ op, next }).subscribe(observer)
          },
          complete: () => observer.complete(),
        })
        return () => sent.unsubscribe()
      })
    }
  }
}

function warnOfStream(path: string) {
  console.warn(
    `${path} streams its result, so billingLinks sent the call twice. To send it once, pass stream: ({ path }) => path === '${path}'.`,
  )
}

/** Returns a `headers` option that adds the keys to the app's own headers. */
function withKeys(headers: Headers, keyHeader: string) {
  const keyHeaders = keyHeadersAs(keyHeader)
  return async ({ opList }: { opList: [Operation, ...Operation[]] }): Promise<HTTPHeaders> => {
    const own = (typeof headers === 'function' ? await headers({ opList }) : headers) ?? {}
    return { ...(Symbol.iterator in own ? Object.fromEntries(own) : own), ...keyHeaders({ opList }) }
  }
}
