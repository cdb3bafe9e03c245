/** The response header that carries the new balances as ASCII JSON, from the server to `balancesLink`. */
export const balancesHeader = 'billing-balances'
