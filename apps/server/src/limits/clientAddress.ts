/**
 * The header that passes the client's address to better-auth. The server overwrites any value that a client
 * sends.
 */
export const clientAddressHeader = 'x-client-address'

/** Returns the address of the client whose request better-auth handles. */
export const clientAddressOf = (headers: Headers | undefined) => headers?.get(clientAddressHeader) ?? ''
