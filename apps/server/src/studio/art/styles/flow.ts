import { luminance, mix, scale } from '../color.ts'
import { fractal } from '../noise.ts'
import type { Studio } from '../studio.ts'

/** Thousands of brush strokes that follow one invisible wind. */
export function paintFlow({ canvas, random, noise, colors, ramp }: Studio) {
  const dark = random.next() < 0.5
  const paper = dark ? scale(colors.darkest, 0.75) : mix(colors.lightest, [1, 1, 1], 0.25)
  const clouds = canvas.field(64, (x, y) => fractal(noise, x * 1.4 + 40, y * 1.4, 3))
  canvas.fill((x, y) => {
    return mix(paper, dark ? colors.dark : colors.bright, 0.08 + 0.1 * clouds(x, y))
  })
  const bend = random.between(1.1, 1.9)
  const [sx, sy] = [random.between(0, 100), random.between(0, 100)]
  const lean = random.between(0, Math.PI * 2)
  const direction = (x: number, y: number) =>
    lean + fractal(noise, x * bend + sx, y * bend + sy, 2) * Math.PI * 2.1

  const strokes = 1500
  const step = 0.012
  for (let n = 0; n < strokes; n++) {
    // Long quiet strokes first, short bright ones on top.
    const late = n / strokes
    let x = random.between(-0.05, 1.05)
    let y = random.between(-0.05, 1.05)
    const region = 0.5 + 0.75 * fractal(noise, x * 1.3 + 11, y * 1.3 + 3, 2)
    const tone = Math.min(0.97, Math.max(0.05, region + random.between(-0.17, 0.17)))
    let color = ramp(dark ? 0.18 + tone * 0.82 : tone * 0.86)
    if (random.next() < 0.06) color = dark ? colors.lightest : colors.darkest
    if (Math.abs(luminance(color) - luminance(paper)) < 0.04) color = colors.middle
    const width = 0.0016 + random.next() ** 3 * 0.0125 * (1 - late * 0.65)
    const length = Math.round((15 + random.next() * 35) * (1 - late * 0.55))
    const opacity = 0.55 + 0.4 * random.next()
    for (let i = 0; i < length; i++) {
      const angle = direction(x, y)
      const [nx, ny] = [x + Math.cos(angle) * step, y + Math.sin(angle) * step]
      const taper = Math.sin(((i + 0.5) / length) * Math.PI) ** 0.6
      canvas.stroke({
        from: [x, y],
        to: [nx, ny],
        width: Math.max(width * taper, canvas.pixel * 0.6),
        color,
        opacity,
      })
      x = nx
      y = ny
    }
  }
}
