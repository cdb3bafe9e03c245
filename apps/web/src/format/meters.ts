import { plural } from './format.ts'

/** The names of one unit and of several units of each meter, in customers' words. */
const units = {
  generations: ['picture', 'pictures'],
  tokens: ['token', 'tokens'],
  api_calls: ['look-up', 'look-ups'],
} as const satisfies Record<string, [one: string, several: string]>

export type Meter = keyof typeof units

export const meters: readonly Meter[] = ['generations', 'tokens', 'api_calls']

/** Returns `pictures`, for the middle of a sentence. */
export const unitsOf = (meter: Meter) => units[meter][1]

/** Returns `Pictures`, for a heading. */
export const titleOf = (meter: Meter) => {
  const [, several] = units[meter]
  return several.charAt(0).toUpperCase() + several.slice(1)
}

/** Returns what the meter's units are used for: `Pictures`, `Text`, `Look-ups`. */
export const activityOf = (meter: Meter) => (meter === 'tokens' ? 'Text' : titleOf(meter))

/** Returns `picture` for one, `pictures` for several. */
export const unitOf = (meter: Meter, amount: number) => units[meter][amount === 1 ? 0 : 1]

/** Returns `1 picture`, `1,200 tokens`. */
export const amountOf = (meter: Meter, amount: number) => plural(amount, units[meter][0], units[meter][1])
