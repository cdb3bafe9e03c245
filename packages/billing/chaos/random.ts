/** Creates a random number generator (mulberry32). The numbers depend only on the seed. */
export function randomFrom(seed: number) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    /** Returns an integer from `least` to `most`. */
    between: (least: number, most: number) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability: number) => next() < probability,
    oneOf<T>(values: readonly [T, ...T[]]): T {
      return values[Math.floor(next() * values.length)] ?? values[0]
    },
  }
}
export type Random = ReturnType<typeof randomFrom>
