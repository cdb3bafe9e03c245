/**
 * The header that passes a request's time of arrival to better-auth. The server overwrites any value that a client
 * sends.
 */
export const receivedAtHeader = 'x-received-at'

/** Returns when the request that better-auth handles arrived. */
export function receivedAtOf(headers: Headers | undefined): Date {
  const value = headers?.get(receivedAtHeader)
  if (!value) throw new Error('The request has no time of arrival')
  return new Date(value)
}
