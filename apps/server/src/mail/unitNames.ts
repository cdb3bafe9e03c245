import type { MeterOf } from '@metered/billing'
import type { meters } from '../meters.ts'

export type Meter = MeterOf<typeof meters>

/** The names of each meter's units in emails: the singular and the plural. */
const names: Record<Meter, { one: string; several: string }> = {
  generations: { one: 'picture', several: 'pictures' },
  tokens: { one: 'token', several: 'tokens' },
  api_calls: { one: 'look-up', several: 'look-ups' },
}

/** Returns the plural, such as `pictures`. */
export const unitsOf = (meter: Meter) => names[meter].several

/** Returns an amount with its unit, such as `1 picture` or `1,200 tokens`. */
export const amountOf = (meter: Meter, amount: number) =>
  `${amount.toLocaleString('en-US')} ${amount === 1 ? names[meter].one : names[meter].several}`
