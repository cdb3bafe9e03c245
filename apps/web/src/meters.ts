import type { Meter } from './api.ts'
import { plural } from './format.ts'

/** What people call one unit of a meter, and many. */
const words: Record<Meter, [one: string, many: string]> = {
  generations: ['generation', 'generations'],
  tokens: ['token', 'tokens'],
  api_calls: ['API call', 'API calls'],
}

export const meters: readonly Meter[] = ['generations', 'tokens', 'api_calls']

/** `generations`, in the middle of a sentence. */
export const unitsOf = (meter: Meter) => words[meter][1]

/** `Generations`, where it stands by itself. */
export const titleOf = (meter: Meter) => {
  const units = unitsOf(meter)
  return units.charAt(0).toUpperCase() + units.slice(1)
}

/** `generation` for one, `generations` for more. */
export const unitOf = (meter: Meter, amount: number) => words[meter][amount === 1 ? 0 : 1]

/** `1 generation`, `1,200 tokens`. */
export const amountOf = (meter: Meter, amount: number) => plural(amount, ...words[meter])
