import { plural } from './format.ts'

/** What customers call one unit of each meter, and several. */
const units = {
  generations: ['generation', 'generations'],
  tokens: ['token', 'tokens'],
  api_calls: ['API call', 'API calls'],
} as const satisfies Record<string, [one: string, several: string]>

export type Meter = keyof typeof units

export const meters: readonly Meter[] = ['generations', 'tokens', 'api_calls']

/** Returns `generations`, for the middle of a sentence. */
export const unitsOf = (meter: Meter) => units[meter][1]

/** Returns `Generations`, for a heading. */
export const titleOf = (meter: Meter) => {
  const [, several] = units[meter]
  return several.charAt(0).toUpperCase() + several.slice(1)
}

/** Returns `generation` for one, `generations` for several. */
export const unitOf = (meter: Meter, amount: number) => units[meter][amount === 1 ? 0 : 1]

/** Returns `1 generation`, `1,200 tokens`. */
export const amountOf = (meter: Meter, amount: number) => plural(amount, units[meter][0], units[meter][1])
