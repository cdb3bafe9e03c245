import { type Clock, within } from '../config/clock.ts'
import type { BillingOptions } from '../config/options.ts'
import { unavailable } from '../contract/errors.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import type { DenialCounts } from '../metering/denialCounts.ts'
import { parseKey } from '../metering/key.ts'
import type { Caller } from './caller.ts'
import { createFlowgladActions, type FlowgladActionParts } from './flowgladActions.ts'
import { foreignOriginOf } from './foreignOrigin.ts'
import { flowgladPrefix } from './paths.ts'
import { maxBodyBytes, readBody } from './readBody.ts'
import { refused } from './refusal.ts'
import { fail, failWith, replyWith, tooManyRequests } from './reply.ts'
import { nameOf } from './requestSource.ts'

export interface FlowgladRouteParts extends Omit<FlowgladActionParts, 'readCatalog'> {
  catalog: { get(): Promise<Catalog> }
  /** The origins whose pages may call the actions. */
  trustedOrigins: ReadonlySet<string>
  denialCounts: DenialCounts
  clock: Clock
  options: Pick<BillingOptions, 'decisionMs' | 'snapshotMaxAgeMs' | 'keyHeader'>
}

const readable = new Set(['customers/billing', 'usage-meters/balances'])

/**
 * Creates the handler for the routes that `@flowglad/react` calls. `path` is the part below `/api/flowglad/`.
 */
export function createFlowgladRoute({ catalog, trustedOrigins, denialCounts, ...parts }: FlowgladRouteParts) {
  const { clock, options } = parts

  /**
   * Reads the catalog. Rejects with `BILLING_UNAVAILABLE` if no catalog has been loaded yet, and Flowglad
   * doesn't respond within `decisionMs`.
   */
  async function readCatalog(): Promise<Catalog> {
    const known = await within(clock, options.decisionMs, catalog.get(), null).catch((error: unknown) => {
      throw unavailable(2_000, error)
    })
    if (!known) throw unavailable(2_000)
    return known
  }

  const keyOf = ({ headers }: Request) => {
    const key = headers.get(options.keyHeader)
    return key === null ? null : parseKey(key)
  }

  const actions = createFlowgladActions({ ...parts, readCatalog })
  const actionAt = (path: string) => (Object.hasOwn(actions, path) ? actions[path] : undefined)

  return async (path: string, request: Request, { customer: readCustomer, limit }: Caller) => {
    const isPublic = path === 'pricing-models/retrieve'
    const action = actionAt(path)
    if (!action && !isPublic)
      return fail(404, 'not_found', `Billing doesn't serve "${path}". Check the path.`)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!(request.method === 'POST' || (isRead && readable.has(path)))) {
      return fail(405, 'method_not_allowed', `Use POST for "${path}"`)
    }
    // Serves the public price list for `usePricing()`.
    if (!action) {
      return replyWith(async () => ({ pricingModel: (await readCatalog()).pricingModel, source: 'default' }))
    }
    const foreign = isRead ? null : foreignOriginOf(request, trustedOrigins)
    if (foreign) return failWith(refused(foreign, nameOf(request)))
    const customer = await readCustomer()
    if (!customer) return fail(401, 'unauthorized', 'Unauthorized')
    const limited = await limit?.(customer)
    if (limited) return tooManyRequests(limited)
    const body = await readJson(request)
    return body instanceof Response
      ? body
      : replyWith(() =>
          denialCounts.during({ customer: customer.id, procedure: `${flowgladPrefix}${path}` }, async () =>
            action(customer, body.json, keyOf(request)),
          ),
        )
  }
}

/** Returns the JSON body (`{}` for an empty body), or the error response for an invalid body. */
async function readJson(request: Request): Promise<{ json: unknown } | Response> {
  const body = await readBody(request)
  if (!body) return fail(413, 'too_large', `The request body must not exceed ${maxBodyBytes} bytes`)
  if (body.length === 0) return { json: {} }
  // Require the content type, because a form on another site can post JSON as text/plain with the customer's
  // cookies.
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    return fail(415, 'unsupported_media_type', 'Send JSON with the content type application/json')
  }
  try {
    return { json: JSON.parse(body.toString('utf8')) ?? {} }
  } catch {
    return fail(400, 'invalid_json', 'The request body is not valid JSON. Send a JSON object.')
  }
}
