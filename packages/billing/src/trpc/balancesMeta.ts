import type { ServerResponse } from 'node:http'
import type { BalancesAnswer } from '../contract/balances.ts'
import { balancesHeader } from '../contract/balancesHeader.ts'
import { billingRequestOf } from './billingRequest.ts'

/**
 * The tRPC context options that can set response headers. Each adapter passes either `res` or `resHeaders`.
 */
export interface ResponseParts {
  /** The Node response or the Fastify reply. Over WebSockets, `res` is the socket, which has no headers. */
  res?: unknown
  /** The fetch adapter's response headers. */
  resHeaders?: Headers | undefined
}

/** Returns a response header with the newest balances from the request's calls, if there are any. */
export function balancesMeta(ctx: object | undefined): { headers?: Record<string, string> } {
  const balances = (ctx && billingRequestOf(ctx)?.balances) ?? null
  const header = balances && headerOf(balances)
  return header ? { headers: { [balancesHeader]: header } } : {}
}

/** Adds the balances to the headers of a response that has not been sent yet. */
export function sendBalances({ res, resHeaders }: ResponseParts, balances: BalancesAnswer): void {
  const header = headerOf(balances)
  if (!header) return
  if (resHeaders) resHeaders.set(balancesHeader, header)
  else if (isReply(res)) res.header(balancesHeader, header)
  else if (isNodeResponse(res) && !res.headersSent) res.setHeader(balancesHeader, header)
}

/**
 * Returns the balances as a header value. Returns null if the value is too long, because proxies can reject
 * long headers.
 */
function headerOf(balances: BalancesAnswer): string | null {
  const header = asciiJson(balances)
  return header.length <= 6_000 ? header : null
}

const isNodeResponse = (res: unknown): res is Pick<ServerResponse, 'setHeader' | 'headersSent'> =>
  hasMethod(res, 'setHeader')

/**
 * Returns whether `res` is a Fastify reply. An Express response also has a `header` method, but it is a Node
 * response.
 */
const isReply = (res: unknown): res is { header(name: string, value: string): unknown } =>
  hasMethod(res, 'header') && !hasMethod(res, 'setHeader')

const hasMethod = (value: unknown, name: string) =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function'

/**
 * Escapes all non-ASCII characters. Header values must be ASCII, but plan and meter names can contain any
 * character.
 */
const asciiJson = (value: unknown) =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
