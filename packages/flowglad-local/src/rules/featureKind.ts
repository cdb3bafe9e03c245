/** Fields that a feature of each type doesn't have. */
const absent = {
  toggle: ['amount', 'usageMeterId', 'renewalFrequency', 'resourceId'],
  usage_credit_grant: ['resourceId'],
  resource: ['usageMeterId', 'renewalFrequency'],
} as const

type Field = (typeof absent)[keyof typeof absent][number]
type Feature = { type: keyof typeof absent } & Record<Field, unknown>

/** Returns the values that a feature has kept from its former type. */
export const leftovers = (feature: Feature): Field[] =>
  absent[feature.type].filter((field) => feature[field] !== null)
