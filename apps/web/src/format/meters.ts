import { plural } from './format.ts'

/** Each meter's unit in customers' words, as the singular and the plural. */
const units = {
  generations: ['picture', 'pictures'],
  tokens: ['token', 'tokens'],
  api_calls: ['look-up', 'look-ups'],
} as const satisfies Record<string, [one: string, several: string]>

export type Meter = keyof typeof units

export const meters: readonly Meter[] = ['generations', 'tokens', 'api_calls']

/** Returns the plural, such as `pictures`, for the middle of a sentence. */
export const unitsOf = (meter: Meter) => units[meter][1]

/** Returns the plural with a capital, such as `Pictures`, for a heading. */
export const titleOf = (meter: Meter) => {
  const [, several] = units[meter]
  return several.charAt(0).toUpperCase() + several.slice(1)
}

/** Returns the name of the activity that uses the meter: `Pictures`, `Text` or `Look-ups`. */
export const activityOf = (meter: Meter) => (meter === 'tokens' ? 'Text' : titleOf(meter))

/** Returns `picture` for an amount of 1, and `pictures` for any other amount. */
export const unitOf = (meter: Meter, amount: number) => units[meter][amount === 1 ? 0 : 1]

/** Returns an amount with its unit, such as `1 picture` or `1,200 tokens`. */
export const amountOf = (meter: Meter, amount: number) => plural(amount, units[meter][0], units[meter][1])
