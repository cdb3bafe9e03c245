import { type Color, mix, scale } from '../color.ts'
import { clamp, distance, fractal, smoothstep } from '../noise.ts'
import type { Studio } from '../studio.ts'

/** Truchet tiles: two quarter circles in each square, which meet their neighbours' in ribbons that never end. */
export function paintRibbons({ canvas, random, noise, colors, ramp }: Studio) {
  const tiles = 5 + random.whole(4)
  const flipped = Array.from({ length: tiles * tiles * 4 }, () => random.next() < 0.5)
  const dark = random.next() < 0.6
  const back = dark ? scale(colors.darkest, 0.7) : colors.lightest
  const half = random.between(0.2, 0.27)
  const angle = random.pick([0, Math.PI / 4, Math.PI / 4])
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const span = angle === 0 ? 1 : Math.SQRT2
  const tint = random.between(0, 1)

  const clouds = canvas.field(64, (x, y) => fractal(noise, x * 2, y * 2, 3))
  const hues = canvas.field(64, (x, y) => fractal(noise, x * 1.3 + tint * 40, y * 1.3, 2))
  canvas.fill((x, y) => {
    const [px, py] = [(x - 0.5) * cos - (y - 0.5) * sin, (x - 0.5) * sin + (y - 0.5) * cos]
    const [u, v] = [(px / span + 0.5) * tiles * span, (py / span + 0.5) * tiles * span]
    const [column, row] = [Math.floor(u), Math.floor(v)]
    const [fx, fy] = [u - column, v - row]
    const turned =
      flipped[(((row * 13 + column * 7 + row * column) % flipped.length) + flipped.length) % flipped.length]
    const a = turned ? 1 - fx : fx
    const first = distance(a, fy)
    const second = distance(1 - a, 1 - fy)
    const nearFirst = Math.abs(first - 0.5) < Math.abs(second - 0.5)
    const radius = nearFirst ? first : second
    const off = (radius - 0.5) / half // −1 … 1 across the ribbon
    const pixel = (canvas.pixel * tiles) / half
    const cover = clamp((1 - Math.abs(off)) / pixel + 0.5)
    const ground = mix(back, dark ? colors.dark : colors.bright, 0.16 + 0.3 * clamp(0.4 + clouds(x, y)))
    const shadow = smoothstep(1.9, 0.85, Math.abs(off))
    const floor = mix(ground, scale(colors.darkest, 0.25), shadow * (dark ? 0.62 : 0.3))
    if (cover <= 0) return floor

    const hue = clamp(0.52 + 0.62 * hues(x, y) + 0.1 * Math.sin((x + y) * 3 + tint * 6))
    const lanes = Math.abs(off)
    const stripe: Color =
      lanes < 0.16
        ? mix(colors.lightest, [1, 1, 1], 0.2)
        : lanes < 0.52
          ? ramp(0.2 + hue * 0.7)
          : ramp(0.04 + hue * 0.62)
    const seam = smoothstep(pixel * 1.2, 0, Math.min(Math.abs(lanes - 0.16), Math.abs(lanes - 0.52)))
    const round = Math.sqrt(Math.max(0, 1 - lanes * lanes))
    const lit = scale(mix(stripe, scale(colors.darkest, 0.5), seam * 0.35), 0.5 + 0.58 * round)
    const shine = smoothstep(0.22, 0, Math.abs(off + 0.36)) * 0.22
    return mix(floor, mix(lit, [1, 1, 1], shine * round), cover)
  })
}
