/** The fields that an update of the default product can change. */
const changeable = ['name', 'displayFeatures', 'description', 'imageURL', 'active']

/**
 * Returns the error for a forbidden change of a product, or null. Fields whose values don't change are
 * allowed.
 */
export function forbiddenProductChange(
  product: Record<string, unknown> & { default: boolean },
  change: Record<string, unknown> & { default?: boolean | undefined },
): string | null {
  if (change.default !== undefined && change.default !== product.default)
    return 'Cannot change the default status of a product'
  if (!product.default) return null
  const fixed = Object.entries(change)
    .filter(([field, value]) => !changeable.includes(field) && (value ?? null) !== (product[field] ?? null))
    .map(([field]) => field)
  if (fixed.length === 0) return null
  return `Cannot update the following fields on default products: ${fixed.join(', ')}. Only ${changeable.join(', ')} can be modified.`
}
