/**
 * The header that passes a request's time of arrival to better-auth. The server replaces any value from the
 * client.
 */
export const receivedAtHeader = 'x-received-at'

/** Returns the time of arrival from the headers of a request to better-auth. */
export function receivedAtOf(headers: Headers | undefined): Date {
  const value = headers?.get(receivedAtHeader)
  if (!value) throw new Error('The request has no time of arrival')
  return new Date(value)
}
