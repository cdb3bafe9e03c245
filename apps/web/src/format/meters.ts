import type { Meter } from '../api/meters.ts'
import { plural } from './format.ts'

export type { Meter } from '../api/meters.ts'

/** A meter's customer-facing words. */
interface Words {
  /** The unit's name in the singular (`one`) and in the plural (`several`). */
  one: string
  several: string
  /** The name of the charged activity. Default: the unit's plural. */
  activity?: string
  /** A sentence that says which units count. Default: `Only successful {several} count.` */
  promise?: string
}

/** Each meter's words, in display order. The app compiles only if every meter has an entry. */
const words: Record<Meter, Words> = {
  generations: { one: 'picture', several: 'pictures' },
  tokens: {
    one: 'token',
    several: 'tokens',
    activity: 'text',
    promise: 'A token is about one word. Only the text you receive counts.',
  },
  api_calls: {
    one: 'look-up',
    several: 'look-ups',
    promise: "Each answer counts, even if the word isn't in the glossary.",
  },
}

// `Object.keys` returns `string[]`. The type of `words` ensures that its keys are exactly the meters.
export const meters = Object.keys(words) as readonly Meter[]

/** Returns whether the slug names a meter of this app. */
export const isMeter = (slug: string): slug is Meter => Object.hasOwn(words, slug)

/** Returns the lowercase plural, such as `pictures`, for use in a sentence. */
export const unitsOf = (meter: Meter) => words[meter].several

/** Returns the capitalized plural, such as `Pictures`, for a heading. */
export const titleOf = (meter: Meter) => capitalized(unitsOf(meter))

/** Returns the name of the charged activity: `Pictures`, `Text` or `Look-ups`. */
export const activityOf = (meter: Meter) => capitalized(words[meter].activity ?? unitsOf(meter))

/** Returns a sentence that says which units count, such as `Only successful pictures count.` */
export const promiseOf = (meter: Meter) => words[meter].promise ?? `Only successful ${unitsOf(meter)} count.`

/** Returns `picture` for an amount of 1, and `pictures` for any other amount. */
export const unitOf = (meter: Meter, amount: number) =>
  amount === 1 ? words[meter].one : words[meter].several

/** Returns an amount with its unit, such as `1 picture` or `1,200 tokens`. */
export const amountOf = (meter: Meter, amount: number) =>
  plural(amount, words[meter].one, words[meter].several)

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
