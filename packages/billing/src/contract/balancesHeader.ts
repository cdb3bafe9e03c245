/** The response header that carries the new balances as ASCII JSON. `responseMeta` sends it, `balancesLink` reads it. */
export const balancesHeader = 'billing-balances'
