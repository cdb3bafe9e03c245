/**
 * Returns the key under which a `count_distinct_properties` meter counts an event. Events with equal
 * properties in the same billing period have the same key, so the meter counts them once.
 */
export const distinctKey = ({
  billingPeriodId,
  usageMeterId,
  properties,
}: {
  billingPeriodId: string | null
  usageMeterId: string
  properties: Record<string, unknown>
}) => `${billingPeriodId}\u0000${usageMeterId}\u0000${propertiesKey(properties)}`

/** Returns the same string for equal properties, regardless of key order. */
function propertiesKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(propertiesKey).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${propertiesKey(inner)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
