import { type Color, mix, scale } from '../color.ts'
import { clamp, distance, fractal, smoothstep } from '../noise.ts'
import type { Studio } from '../studio.ts'

const white: Color = [1, 1, 1]
const goldenAngle = Math.PI * (3 - Math.sqrt(5))

/** A flower as a sunflower builds one: each petal a golden angle after the last, small within, large without. */
export function paintBloom({ canvas, random, noise, colors, ramp }: Studio) {
  const dark = random.next() < 0.65
  const [near, far] = dark
    ? [mix(colors.darkest, colors.dark, 0.55), scale(colors.darkest, 0.55)]
    : [white, colors.lightest]
  const clouds = canvas.field(96, (x, y) => fractal(noise, x * 2, y * 2, 4))
  canvas.fill((x, y) => {
    const away = distance(x - 0.5, y - 0.5)
    return mix(near, far, clamp(smoothstep(0.05, 0.75, away) + 0.22 * clouds(x, y)))
  })
  const petals = 340 + random.whole(260)
  const spread = 0.47 / Math.sqrt(petals)
  const pointed = random.between(1.1, 2.1)
  const turn = random.between(0, Math.PI * 2)
  const waves = 3 + random.whole(6)
  const shift = random.between(0, 1)

  // From the outside in, so that inner petals lie on outer ones.
  for (let n = petals; n >= 1; n--) {
    const out = n / petals
    const away = spread * Math.sqrt(n)
    const angle = n * goldenAngle + turn
    const [x, y] = [0.5 + Math.cos(angle) * away, 0.5 + Math.sin(angle) * away]
    const length = 0.02 + 0.062 * out ** 0.9 * (1 + 0.25 * Math.sin(angle * waves))
    const width = length * (0.36 + 0.3 * (1 - out))
    const tone = clamp(
      0.96 - 0.8 * out + 0.17 * Math.sin(out * 9 + shift * 6) + 0.14 * noise(n * 0.37, shift * 50),
    )
    const base = ramp(dark ? 0.16 + tone * 0.84 : 0.08 + tone * 0.72)
    petal({
      canvas,
      x,
      y,
      angle,
      length,
      width,
      pointed,
      base,
      ink: scale(colors.darkest, 0.35),
      tip: mix(base, colors.lightest, 0.5),
    })
  }
  const heart = 0.034
  for (let n = 0; n < 90; n++) {
    const away = heart * Math.sqrt(n / 90)
    const angle = n * goldenAngle
    canvas.disc({
      x: 0.5 + Math.cos(angle) * away,
      y: 0.5 + Math.sin(angle) * away,
      radius: 0.0026,
      color: mix(colors.lightest, colors.bright, random.next() * 0.8),
    })
  }
}

function petal(it: {
  canvas: Studio['canvas']
  x: number
  y: number
  angle: number
  length: number
  width: number
  pointed: number
  base: Color
  tip: Color
  ink: Color
}) {
  const { canvas, x, y, angle, length, width, pointed } = it
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const rim = 5 * canvas.pixel
  // Of how far an edge is inside, in pixels; far outside nothing is worked out.
  const edge = (t: number, side: number) => {
    const outline = Math.cos((t * Math.PI) / 2) ** (t > 0 ? pointed * 0.55 : 0.6)
    return (outline - Math.abs(side)) * width * canvas.size
  }
  const reachX = Math.abs(cos) * length + Math.abs(sin) * width + rim
  const reachY = Math.abs(sin) * length + Math.abs(cos) * width + rim
  canvas.coverWithin(
    [x - reachX, y - reachY, x + reachX, y + reachY],
    (px, py) => {
      const t = ((px - x) * cos + (py - y) * sin) / length
      const side = (-(px - x) * sin + (py - y) * cos) / width
      if (t <= -1 || t >= 1 || edge(t, side) < -0.5) return it.ink
      const rib = smoothstep(0.14, 0, Math.abs(side)) * 0.16
      const shade = 0.62 + 0.38 * smoothstep(-1, 0.25, t) - 0.16 * clamp(side)
      return scale(mix(it.base, it.tip, clamp(smoothstep(0, 1, t) * 0.8 + rib)), shade)
    },
    (px, py) => {
      const t = ((px - x) * cos + (py - y) * sin) / length
      const side = (-(px - x) * sin + (py - y) * cos) / width
      if (t <= -1 || t >= 1 || side < -1.4 || side > 1.4) return 0
      const inside = edge(t, side)
      // A soft shadow around it, on the petals below.
      return inside > -0.5 ? Math.min(1, 0.42 + clamp(inside + 0.5) * 0.58) : 0.42 * clamp(inside / 5 + 0.9)
    },
  )
}
