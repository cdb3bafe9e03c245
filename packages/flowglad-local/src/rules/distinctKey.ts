/**
 * Returns the key under which a `count_distinct_properties` meter counts an event. Events with the same key in a billing
 * period count once.
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

/** Returns the same text for equal properties, regardless of the order of their keys. */
function propertiesKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(propertiesKey).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${propertiesKey(inner)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
