/** The response header that carries the new balances, as JSON in ASCII: `responseMeta` sends it, `balancesLink` reads it. */
export const balancesHeader = 'billing-balances'
