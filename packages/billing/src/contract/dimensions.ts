/** The largest number of dimensions per meter. */
export const maxDimensions = 8
/** The largest number of values per customer and dimension that can have separate totals. */
export const maxValues = 10_000
/** The maximum length of a value, in characters. */
export const maxValueLength = 128

/**
 * The value under which units count if a call has no usable label for a dimension, or if the dimension is full.
 */
export const otherValue = 'other'

/**
 * A call's labels: a value for each of the meter's dimensions. Units without a value count under `other`, as do units
 * with a value that is empty or longer than 128 characters.
 */
export type Labels<Dimension extends string = string> = [Dimension] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [Name in Dimension]?: string | null | undefined }

/**
 * Rejects the names in `Given` that aren't dimensions. Without this type, TypeScript would accept such names in the
 * result of a callback.
 */
export type OnlyNames<Given, Dimension extends string> = [Exclude<keyof Given, Dimension>] extends [never]
  ? unknown
  : { readonly [Name in Exclude<keyof Given, Dimension>]: never }

const namePattern = /^[a-z][a-z0-9_-]{0,63}$/i

/** Throws a `TypeError` if the meter's dimensions aren't valid. */
export function assertDimensions(meter: string, dimensions: Readonly<Record<string, number>>): void {
  const names = Object.keys(dimensions)
  if (names.length > maxDimensions)
    throw new TypeError(`${meter} has ${names.length} dimensions. A meter can have up to ${maxDimensions}.`)
  for (const name of names) {
    if (!namePattern.test(name)) {
      throw new TypeError(
        `"${name}" can't be a dimension of ${meter}. Use up to 64 letters, digits, dashes and underscores, and start with a letter.`,
      )
    }
    const atMost = dimensions[name]
    if (!Number.isInteger(atMost) || atMost === undefined || atMost < 1 || atMost > maxValues) {
      throw new TypeError(
        `The dimension ${name} of ${meter} can't have ${String(atMost)} values. Set a whole number from 1 to ${maxValues}.`,
      )
    }
  }
}
