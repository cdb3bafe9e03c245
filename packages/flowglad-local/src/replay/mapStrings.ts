/** Returns a copy of the value with every string changed, including the strings in lists and fields. */
export function mapStrings(
  value: unknown,
  change: (text: string) => string,
  /** Changes the fields' names. */
  rename = (name: string) => name,
): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((element) => mapStrings(element, change, rename))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [rename(name), mapStrings(field, change, rename)]),
    )
  return value
}
