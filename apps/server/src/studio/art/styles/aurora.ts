import { type Color, createRamp, mix, scale } from '../color.ts'
import { clamp, fractal, smoothstep } from '../noise.ts'
import type { Studio } from '../studio.ts'

/** Curtains of light over a dark shore, doubled in still water. */
export function paintAurora({ canvas, random, noise, colors }: Studio) {
  const shore = random.between(0.74, 0.8)
  const night = createRamp([
    scale(colors.darkest, 0.35),
    scale(colors.darkest, 0.9),
    mix(colors.darkest, colors.dark, 0.75),
  ])
  const stars = Array.from({ length: 190 }, () => ({
    x: random.next(),
    y: random.next() ** 1.3 * shore,
    radius: 0.0006 + random.next() ** 7 * 0.0022,
    light: random.between(0.25, 1),
  }))
  const curtains = Array.from({ length: random.whole(2) + 3 }, (_, order) => ({
    seed: random.between(0, 900),
    foot: random.between(0.44, 0.66) - order * 0.06,
    reach: random.between(0.2, 0.42),
    strength: random.between(0.55, 1),
  }))

  // One row of the sky at a time: where each curtain hangs at x, and how bright its rays are there.
  const columns = Array.from({ length: canvas.size }, (_, column) => {
    const x = (column + 0.5) * canvas.pixel
    return curtains.map(({ seed, foot, reach, strength }) => {
      const sway = fractal(noise, x * 1.15 + seed, seed * 0.37, 4)
      const rays = 0.62 + 0.55 * fractal(noise, x * 26 + seed, 2.5, 3) + 0.35 * noise(x * 5 + seed, 8.8)
      const fold = 0.35 + 0.65 * smoothstep(-0.4, 0.55, noise(x * 1.9 + seed, 31.4))
      return {
        foot: foot + sway * 0.3,
        reach: reach * (0.75 + 0.5 * rays),
        bright: Math.max(0, rays) * fold * strength,
      }
    })
  })
  const glow = createRamp([
    colors.bright,
    mix(colors.middle, colors.bright, 0.35),
    colors.middle,
    colors.dark,
    colors.dark,
  ])
  const sky = (x: number, y: number): Color => {
    let [r, g, b] = night(clamp(y / shore))
    for (const { foot, reach, bright } of columns[Math.min(canvas.size - 1, Math.floor(x * canvas.size))] ??
      []) {
      const above = (foot - y) / reach
      const hang = above > 0 ? Math.exp(-above * 2.6) : Math.exp(above * 34)
      if (hang < 0.004) continue
      const light = glow(clamp(above * 0.8))
      const amount = hang * bright * 0.95
      r += light[0] * amount
      g += light[1] * amount
      b += light[2] * amount
    }
    return [r, g, b]
  }
  canvas.fill((x, y) => {
    if (y <= shore) return sky(x, y)
    const depth = (y - shore) / (1 - shore)
    const ripple = fractal(noise, x * 5, ((y - shore) * 120) / (0.35 + depth), 2)
    const mirrored = shore - (y - shore) * 3.1 + ripple * 0.05 * (0.3 + depth)
    return mix(
      scale(colors.darkest, 0.4),
      sky(clamp(x + ripple * 0.014), clamp(mirrored)),
      0.66 - depth * 0.2,
    )
  })
  for (const { x, y, radius, light } of stars) {
    canvas.disc({
      x,
      y,
      radius,
      color: [light, light, light * 1.05],
      softness: canvas.pixel + radius,
      opacity: Math.min(0.95, light),
    })
  }
  const rise = canvas.perColumn(
    (x) =>
      0.016 +
      0.085 * Math.max(0, 0.35 + fractal(noise, x * 2.1 + 50, 77, 5)) +
      0.012 * Math.abs(noise(x * 70, 5)),
  )
  const ink = scale(colors.darkest, 0.22)
  canvas.cover(ink, (x, y) => (y > shore ? 0 : clamp((y - shore + rise(x)) * canvas.size + 0.5)))
  canvas.cover(ink, (x, y) =>
    y <= shore ? 0 : clamp((shore + rise(x) * 0.7 - y) * canvas.size + 0.5) * 0.78,
  )
}
