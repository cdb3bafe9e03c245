/** The fields that each feature type lacks. */
const absent = {
  toggle: ['amount', 'usageMeterId', 'renewalFrequency', 'resourceId'],
  usage_credit_grant: ['resourceId'],
  resource: ['usageMeterId', 'renewalFrequency'],
} as const

type Field = (typeof absent)[keyof typeof absent][number]
type Feature = { type: keyof typeof absent } & Record<Field, unknown>

/** Returns the fields that a feature still has from its previous type. */
export const leftovers = (feature: Feature): Field[] =>
  absent[feature.type].filter((field) => feature[field] !== null)
