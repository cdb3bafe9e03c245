/** How an operation was sent, and where its key was. */
export interface SentKey {
  type: string
  path: string
  /** Whether the response came over HTTP. */
  overHttp: boolean
  inHeader: boolean
  inInput: boolean
}

/**
 * Returns a function that warns if neither the request's header nor the input carried a mutation's key. Warns
 * once for HTTP and once for other transports, because all calls over a transport lose their keys for the
 * same reason.
 */
export function warnOfLostKeys(): (sent: SentKey) => void {
  const warned = new Set<boolean>()
  return ({ type, path, overHttp, inHeader, inInput }) => {
    if (type !== 'mutation' || inHeader || inInput || warned.has(overHttp)) return
    warned.add(overHttp)
    console.warn(
      overHttp
        ? `The request for ${path} carried no idempotency key, so a retry is charged again. Add headers: keyHeaders to the HTTP link after idempotencyLink.`
        : `The input of ${path} can't carry an idempotency key, so a retry is charged again. Use a plain object as the input, and a schema that isn't strict.`,
    )
  }
}
