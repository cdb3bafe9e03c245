import { maskSecrets } from '../rules/maskSecrets.ts'
import type { Fault } from './conditions.ts'

/** An API request and its response, without secrets. */
export interface LoggedRequest {
  /** The request ID. It is also in the response's `X-Request-Id` header. */
  id: string
  /** The platform's time when the request arrived. */
  at: number
  /** The key's pricing model, or null if the key is missing or unknown. */
  pricingModelId: string | null
  method: string
  /** The path and the query. */
  url: string
  /** Null if the connection was closed without a response. */
  status: number | null
  durationMs: number
  request: LoggedBody
  response: LoggedBody
  fault: Fault
}

export interface LoggedBody {
  /** The start of the body, with at most `maxBodyLength` characters. */
  text: string
  /** The length of the whole body in characters. */
  length: number
  isCut: boolean
}

interface Bodies {
  request: string
  response: string
}

/** Holds the newest API requests in memory. */
export interface RequestLog {
  /** Increases with every request. */
  readonly version: number
  /** @param key the request's API key, to be masked in the log; null if the key is missing or unknown */
  add(request: Omit<LoggedRequest, 'request' | 'response'> & Bodies, key: string | null): void
  find(id: string): LoggedRequest | undefined
  /** Returns a pricing model's requests and the requests without a valid key, newest first. */
  newest(pricingModelId: string): LoggedRequest[]
}

/** The maximum number of requests in the log, across all keys. */
export const maxRequests = 500
export const maxBodyLength = 16_384
/** An upper bound for the length of a key in any encoding. */
const longestKey = 1024
/**
 * The maximum total length of the stored texts. A character takes up to 2 bytes, so the texts take up to 16
 * MiB of memory.
 */
const maxTotalLength = 8 * 1024 * 1024

export function createRequestLog(limits = { maxRequests, maxTotalLength }): RequestLog {
  const requests = new Map<string, LoggedRequest>()
  let totalLength = 0
  let version = 0
  const forgetOldest = () => {
    for (const [id, { request, response, url }] of requests) {
      totalLength -= request.text.length + response.text.length + url.length
      requests.delete(id)
      return
    }
  }
  return {
    get version() {
      return version
    },
    add({ request, response, url, ...rest }, key) {
      const logged: LoggedRequest = {
        ...rest,
        url: bodyOf(url, key).text,
        request: bodyOf(request, key),
        response: bodyOf(response, key),
      }
      totalLength += logged.request.text.length + logged.response.text.length + logged.url.length
      requests.set(logged.id, logged)
      while (requests.size > limits.maxRequests || (totalLength > limits.maxTotalLength && requests.size > 1))
        forgetOldest()
      version++
    },
    find: (id) => requests.get(id),
    newest: (pricingModelId) =>
      [...requests.values()]
        .filter((request) => request.pricingModelId === null || request.pricingModelId === pricingModelId)
        .reverse(),
  }
}

/**
 * Returns the start of a body, with secrets masked. Masks secrets before it cuts the body, because it might
 * not recognize a shortened secret. Reads only slightly more than it keeps, so that a large body doesn't
 * delay the call.
 */
function bodyOf(body: string, key: string | null): LoggedBody {
  const masked = maskSecrets(body.slice(0, maxBodyLength + longestKey), key)
  const isCut = body.length > maxBodyLength + longestKey || masked.length > maxBodyLength
  // Copy the text, because a slice would keep the whole body in memory. Half of a surrogate pair becomes
  // U+FFFD.
  const text = isCut ? Buffer.from(masked.slice(0, maxBodyLength)).toString() : masked
  return { text, length: body.length, isCut }
}
