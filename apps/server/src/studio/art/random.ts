export interface Random {
  /** 0 ≤ n < 1 */
  next(): number
  /** from ≤ n < to */
  between(from: number, to: number): number
  /** A whole number, 0 ≤ n < count. */
  whole(count: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

/**
 * Creates a random number generator (mulberry32, seeded by FNV-1a). A seed gives the same sequence on every
 * machine.
 */
export function createRandom(seed: string): Random {
  let state = 2_166_136_261
  for (let at = 0; at < seed.length; at++) state = Math.imul(state ^ seed.charCodeAt(at), 16_777_619)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (count: number) => Math.floor(next() * count)
  return {
    next,
    whole,
    between: (from, to) => from + (to - from) * next(),
    pick: (from) => from[whole(from.length)] ?? from[0],
  }
}
