/**
 * The response header that carries the new balances as ASCII JSON. `responseMeta` writes it, and
 * `balancesLink` reads it.
 */
export const balancesHeader = 'billing-balances'
