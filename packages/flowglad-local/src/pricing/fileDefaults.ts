import { isRecord } from '../rules/isRecord.ts'

/** Adds the defaults of absent fields. Removes `nullable` fields that are null. */
const fill = (value: unknown, defaults: Record<string, unknown>, nullable: readonly string[] = []) =>
  isRecord(value)
    ? {
        ...defaults,
        ...Object.fromEntries(
          Object.entries(value).filter(([key, field]) => field !== null || !nullable.includes(key)),
        ),
      }
    : value

const each = (list: unknown, change: (entry: unknown) => unknown) =>
  Array.isArray(list) ? list.map(change) : list

const change = (value: unknown, key: string, to: (field: unknown) => unknown) =>
  isRecord(value) && key in value ? { ...value, [key]: to(value[key]) } : value

const price = (defaults: Record<string, unknown>) => (value: unknown) =>
  fill(value, defaults, ['name', 'slug', 'usageMeterId', 'usageMeterSlug'])

/** Adds the fields that a pricing file can omit but the API requires. */
export function withFileDefaults(setup: unknown): unknown {
  let filled = fill(setup, {}, ['resources'])
  filled = change(filled, 'features', (list) => each(list, (feature) => fill(feature, { description: '' })))
  filled = change(filled, 'products', (list) =>
    each(list, (entry) => {
      const product = change(entry, 'product', (fields) => fill(fields, { active: true }))
      return change(fill(product, { features: [] }), 'price', price({ active: true }))
    }),
  )
  return change(filled, 'usageMeters', (list) =>
    each(list, (meter) =>
      change(fill(meter, {}, ['prices']), 'prices', (prices) =>
        each(prices, price({ intervalUnit: 'month', intervalCount: 1 })),
      ),
    ),
  )
}
