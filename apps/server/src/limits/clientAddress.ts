/**
 * The header that passes the client's address to better-auth. The server replaces any value from the client.
 */
export const clientAddressHeader = 'x-client-address'

/** Returns the client's address from the headers of a request to better-auth. */
export const clientAddressOf = (headers: Headers | undefined) => headers?.get(clientAddressHeader) ?? ''
