/** The price fields for which an absent value in a request means null. */
const terms = [
  'productId',
  'usageMeterId',
  'usageEventsPerUnit',
  'intervalUnit',
  'intervalCount',
  'unitPrice',
] as const

/** The price fields that stay the same if the request omits them. */
const details = ['trialPeriodDays', 'isDefault', 'name', 'active', 'slug'] as const

type Fields = { [Key in (typeof terms)[number] | (typeof details)[number]]?: unknown }

/** Returns whether a request's price differs from a product's current price. */
export const priceChanges = (given: Fields, current: Fields | undefined): boolean =>
  !current ||
  terms.some((field) => (given[field] ?? null) !== current[field]) ||
  details.some((field) => given[field] !== undefined && given[field] !== current[field])
