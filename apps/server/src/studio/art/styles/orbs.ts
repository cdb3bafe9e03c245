import { type Color, mix, scale } from '../color.ts'
import { clamp, distance, fractal, smoothstep } from '../noise.ts'
import type { Studio } from '../studio.ts'

interface Orb {
  x: number
  y: number
  radius: number
}

/** Spheres of every size, packed until no more fit, lit from the upper left. */
export function paintOrbs({ canvas, random, noise, colors, ramp }: Studio) {
  const dark = random.next() < 0.6
  const [back, depth] = dark ? [scale(colors.darkest, 0.8), colors.dark] : [colors.lightest, colors.bright]
  const clouds = canvas.field(64, (x, y) => fractal(noise, x * 1.5, y * 1.5, 3))
  canvas.fill((x, y) => mix(back, depth, 0.12 + 0.35 * clamp(y * 0.8 + clouds(x, y) * 0.5)))

  const orbs = pack(random)
  for (const { x, y, radius } of orbs) {
    canvas.disc({
      x: x + radius * 0.22,
      y: y + radius * 0.34,
      radius: radius * 0.98,
      color: scale(colors.darkest, 0.3),
      opacity: dark ? 0.5 : 0.26,
      softness: radius * 0.7,
    })
  }
  for (const { x, y, radius } of orbs) {
    const kind = random.next()
    const tone = random.between(0.16, 0.9)
    const [base, second] = [ramp(tone), ramp((tone + random.between(0.25, 0.5)) % 1)]
    const seed = random.between(0, 400)
    const tilt = random.between(-0.7, 0.7)
    const skin = (px: number, py: number): Color => {
      const [u, v] = [(px - x) / radius, (py - y) / radius]
      const z = Math.sqrt(Math.max(0, 1 - u * u - v * v))
      const across = u * Math.sin(tilt) + v * Math.cos(tilt)
      const pattern =
        kind < 0.42
          ? smoothstep(-0.25, 0.35, Math.sin(across * 7 + 2.2 * fractal(noise, u * 1.6 + seed, v * 1.6, 4)))
          : kind < 0.72
            ? smoothstep(-0.1, 0.3, fractal(noise, u * 1.5 + seed, v * 1.5 + z, 5))
            : kind < 0.86
              ? smoothstep(0.02, -0.02, Math.abs(((distance(u, v) * 4.2) % 1) - 0.5) - 0.24)
              : 0
      const light = clamp((-u * 0.5 - v * 0.62 + z * 0.62) * 0.85 + 0.2)
      const shine = clamp(-u * 0.42 - v * 0.52 + z * 0.74) ** 26
      const rim = (1 - z) ** 3 * 0.28
      const lit = mix(
        scale(mix(base, colors.darkest, 0.72), 0.7),
        mix(base, second, pattern),
        0.12 + 0.88 * light,
      )
      return mix(mix(lit, colors.bright, rim * light), [1, 1, 1], shine * 0.62)
    }
    canvas.disc({ x, y, radius, color: skin, softness: canvas.pixel * 1.4 })
  }
}

/** Tries places at random: the first orbs large, each later one as large as its place allows. */
function pack(random: Studio['random']): Orb[] {
  const orbs: Orb[] = []
  const largest = random.between(0.15, 0.24)
  for (let attempt = 0; attempt < 5000 && orbs.length < 260; attempt++) {
    const limit = Math.max(0.009, largest * (1 - attempt / 1100))
    const [x, y] = [random.between(-0.04, 1.04), random.between(-0.04, 1.04)]
    let room = limit
    for (const other of orbs) {
      room = Math.min(room, distance(other.x - x, other.y - y) - other.radius - 0.006)
      if (room < 0.007) break
    }
    if (room >= 0.007 && (attempt > 300 || room > limit * 0.5)) orbs.push({ x, y, radius: room })
  }
  return orbs
}
