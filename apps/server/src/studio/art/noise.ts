import type { Random } from './random.ts'

/** Smooth randomness over the plane, about −1 … 1. */
export type Noise = (x: number, y: number) => number

/** Gradient noise on a lattice of 256 × 256 cells. */
export function createNoise(random: Random): Noise {
  const order = Uint8Array.from({ length: 512 })
  for (let i = 0; i < 256; i++) order[i] = i
  for (let i = 255; i > 0; i--) {
    const j = random.whole(i + 1)
    const swapped = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = swapped
  }
  order.copyWithin(256, 0, 256)
  // The gradient at each lattice point, by its place in `order`.
  const gx = new Float64Array(256)
  const gy = new Float64Array(256)
  for (let i = 0; i < 256; i++) {
    const angle = random.next() * Math.PI * 2
    gx[i] = Math.cos(angle)
    gy[i] = Math.sin(angle)
  }
  return (x, y) => {
    const left = Math.floor(x)
    const top = Math.floor(y)
    const fx = x - left
    const fy = y - top
    const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10)
    const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10)
    const column = left & 255
    const row = top & 255
    const a = order[column] ?? 0
    const b = order[column + 1] ?? 0
    const a0 = order[a + row] ?? 0
    const b0 = order[b + row] ?? 0
    const a1 = order[a + row + 1] ?? 0
    const b1 = order[b + row + 1] ?? 0
    const n00 = (gx[a0] ?? 0) * fx + (gy[a0] ?? 0) * fy
    const n10 = (gx[b0] ?? 0) * (fx - 1) + (gy[b0] ?? 0) * fy
    const n01 = (gx[a1] ?? 0) * fx + (gy[a1] ?? 0) * (fy - 1)
    const n11 = (gx[b1] ?? 0) * (fx - 1) + (gy[b1] ?? 0) * (fy - 1)
    const above = n00 + u * (n10 - n00)
    return (above + v * (n01 + u * (n11 - n01) - above)) * 1.5
  }
}

/** Noise at several scales, each half as strong as the one before. */
export function fractal(noise: Noise, x: number, y: number, octaves: number): number {
  let sum = 0
  let strength = 0.5
  let scale = 1
  for (let octave = 0; octave < octaves; octave++) {
    sum += strength * noise(x * scale + octave * 17.3, y * scale - octave * 9.1)
    strength /= 2
    scale *= 2
  }
  return sum
}

/** Like `fractal`, folded into crests: mountains rather than hills. 0 … about 1. */
export function ridged(noise: Noise, x: number, y: number, octaves: number): number {
  let sum = 0
  let strength = 0.5
  let scale = 1
  let above = 1
  for (let octave = 0; octave < octaves; octave++) {
    const crest = (1 - Math.abs(noise(x * scale + octave * 31.7, y * scale + octave * 4.3))) ** 2
    sum += strength * crest * above
    above = Math.min(1, crest * 1.4)
    strength /= 2
    scale *= 2.1
  }
  return sum
}

/** `Math.hypot` without its care for huge numbers, and many times faster. */
export const distance = (x: number, y: number) => Math.sqrt(x * x + y * y)

export const clamp = (value: number, low = 0, high = 1) => Math.min(high, Math.max(low, value))

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from))
  return t * t * (3 - 2 * t)
}
