export interface Random {
  /** 0 ≤ n < 1 */
  next(): number
  /** from ≤ n < to */
  between(from: number, to: number): number
  /** A whole number, 0 ≤ n < count. */
  whole(count: number): number
  pick<T>(from: readonly [T, ...T[]]): T
}

/** The same seed gives the same numbers for ever, on every machine (sfc32 behind a string hash). */
export function createRandom(seed: string): Random {
  let [a, b, c, d] = hash(seed)
  const next = () => {
    const t = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4_294_967_296
  }
  for (let round = 0; round < 12; round++) next()
  const whole = (count: number) => Math.floor(next() * count)
  return {
    next,
    whole,
    between: (from, to) => from + (to - from) * next(),
    pick: (from) => from[whole(from.length)] ?? from[0],
  }
}

function hash(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1_779_033_703, 3_144_134_277, 1_013_904_242, 2_773_480_762]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = b ^ Math.imul(a ^ code, 597_399_067)
    b = c ^ Math.imul(b ^ code, 2_869_860_233)
    c = d ^ Math.imul(c ^ code, 951_274_213)
    d = a ^ Math.imul(d ^ code, 2_716_044_179)
  }
  return [a ^ (c >>> 18), b ^ (d >>> 22), c ^ (a >>> 17), d ^ (b >>> 19)]
}
