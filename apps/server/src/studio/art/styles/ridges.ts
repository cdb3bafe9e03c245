import { type Color, createRamp, mix } from '../color.ts'
import { clamp, distance, fractal, ridged, smoothstep } from '../noise.ts'
import type { Studio } from '../studio.ts'

/** Mountains behind mountains under a low sun, the far ones lost in the haze; sometimes a lake in front. */
export function paintRidges({ canvas, random, noise, colors }: Studio) {
  const horizon = random.between(0.5, 0.6)
  const sun = {
    x: random.between(0.24, 0.76),
    y: horizon - random.between(0.1, 0.24),
    radius: random.between(0.045, 0.085),
  }
  const sky = createRamp([
    mix(colors.dark, colors.darkest, 0.25),
    mix(colors.dark, colors.middle, 0.6),
    colors.bright,
    colors.lightest,
  ])
  const haze = mix(colors.bright, colors.lightest, 0.55)

  const clouds = canvas.field(200, (x, y) => fractal(noise, x * 2.2 + 9, y * 11, 5))
  const disc = mix(colors.lightest, [1, 1, 1], 0.45)
  const paintSky = (x: number, y: number): Color => {
    const height = clamp(y / (horizon + 0.06))
    const veil = smoothstep(0.02, 0.4, clouds(x, y)) * 0.16 * smoothstep(0.1, 0.5, height)
    const away = distance(x - sun.x, y - sun.y)
    const near = distance(x - sun.x, (y - sun.y) * 1.15)
    const glow = Math.exp(-near * 7) * 0.41 + Math.exp(-near * 26) * 0.37
    const air = mix(sky(clamp(height ** 1.25 + veil)), colors.lightest, clamp(glow))
    return mix(air, disc, clamp((sun.radius - away) * canvas.size * 0.7 + 0.5))
  }

  const layers = Array.from({ length: 6 }, (_, layer) => {
    const depth = layer / 5 // 0 far, 1 near
    const seed = random.between(0, 500)
    const base = horizon - 0.03 + depth ** 1.35 * (1 - horizon) * 0.72
    const roughness = 1.5 + (1 - depth) * 1.6
    const height = 0.2 - depth * 0.06
    const trees = depth > 0.55 ? (depth - 0.4) * 0.042 : 0
    const ground = canvas.perColumn((x) => {
      const mountain = ridged(noise, x * roughness + seed, layer * 7.7, 6) - 0.35
      const hill = fractal(noise, x * 1.7 + seed * 2, layer * 3.1, 4) * 0.55
      return base - height * (mountain + (hill - mountain) * depth)
    })
    const crest = canvas.perColumn((x) => ground(x) - trees * pines(noise, x * (150 - depth * 60) + seed))
    const slopes = canvas.field(160, (x, y) => ridged(noise, x * 7 + seed, y * 9, 3))
    const body = mix(
      mix(haze, colors.middle, clamp(depth * 1.8)),
      colors.darkest,
      smoothstep(0.25, 1, depth) * 0.96,
    )
    const sunlit = mix(haze, colors.bright, 0.4)
    const foot = mix(body, haze, 0.62 * (1 - depth) ** 0.8 + 0.1)
    const shade = (x: number, y: number): Color => {
      const light = slopes(x, y) * (1 - depth) * 0.16 * smoothstep(0.5, 0, Math.abs(x - sun.x))
      return mix(mix(body, sunlit, clamp(light)), foot, smoothstep(0, 0.17 - depth * 0.04, y - ground(x)))
    }
    return { crest, shade }
  })

  const paintFrom = (layer: number, x: number, y: number): Color => {
    const front = layers[layer]
    if (!front) return paintSky(x, y)
    // What lies behind a layer shows only above its crest, so each pixel is worked out about once.
    const cover = clamp((y - front.crest(x)) * canvas.size + 0.5)
    if (cover === 0) return paintFrom(layer - 1, x, y)
    const near = front.shade(x, y)
    return cover === 1 ? near : mix(paintFrom(layer - 1, x, y), near, cover)
  }
  canvas.fill((x, y) => {
    const corner = 0.22 * smoothstep(0.55, 0.98, distance(x - 0.5, y - 0.5) * 1.25)
    return mix(paintFrom(layers.length - 1, x, y), colors.darkest, corner)
  })
}

/** The jagged top of a wood, 0 … 1: cones of differing heights side by side. */
function pines(noise: Studio['noise'], x: number): number {
  const tree = Math.floor(x)
  const height = 0.45 + 0.55 * Math.abs(noise(tree * 0.73 + 0.31, 4.4)) * 1.6
  const side = Math.abs(x - tree - 0.5) * 2
  return Math.max(0, height * (1 - side ** 0.85))
}
