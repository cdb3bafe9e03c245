/**
 * The response header that carries the new balances as ASCII JSON. The server writes it, and
 * `balancesLink` reads it.
 */
export const balancesHeader = 'billing-balances'
