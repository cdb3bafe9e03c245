import { createRamp, mix } from '../color.ts'
import { clamp, fractal, smoothstep } from '../noise.ts'
import type { Studio } from '../paint.ts'

/** Polished stone: bands that fold into one another, veined with light. */
export function paintAgate({ canvas, random, noise, colors }: Studio) {
  const { size } = canvas
  const [sx, sy] = [random.between(0, 300), random.between(0, 300)]
  const zoom = random.between(0.62, 0.95)
  const bands = random.between(10, 15)
  const turn = random.between(0, Math.PI)
  const depth = new Float32Array(size * size)
  const fold = new Float32Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = [((column + 0.5) / size) * zoom + sx, ((row + 0.5) / size) * zoom + sy]
      const qx = fractal(noise, x, y, 3)
      const qy = fractal(noise, x + 5.2, y + 1.3, 3)
      const rx = fractal(noise, x + 2.4 * qx + 1.7, y + 2.4 * qy + 9.2, 3)
      const ry = fractal(noise, x + 2.4 * qx + 8.3, y + 2.4 * qy + 2.8, 3)
      const slope = (x - sx) * Math.cos(turn) + (y - sy) * Math.sin(turn)
      depth[row * size + column] = fractal(noise, x + 1.9 * rx, y + 1.9 * ry, 4) + slope * 0.22
      fold[row * size + column] = Math.hypot(rx, ry)
    }
  }
  const stone = createRamp([
    colors.darkest,
    colors.dark,
    colors.middle,
    colors.bright,
    colors.lightest,
    colors.bright,
    colors.middle,
    colors.dark,
  ])
  const vein = mix(colors.lightest, [1, 1, 1], 0.35)
  canvas.fill((x, y) => {
    const [column, row] = [Math.floor(x * size), Math.floor(y * size)]
    const at = row * size + column
    const here = depth[at] ?? 0
    const right = depth[row * size + Math.min(size - 1, column + 1)] ?? here
    const below = depth[Math.min(size - 1, row + 1) * size + column] ?? here
    const steep = Math.hypot(right - here, below - here) + 1e-6
    const layer = here * bands
    const within = layer - Math.floor(layer)
    // Each band has its own tone; the step between two is one pixel wide whatever the slope.
    const tone = (n: number) => clamp(0.34 + 0.75 * here + 0.3 * noise(n * 3.7, 1.9))
    const edge = clamp((within / (steep * bands)) * 0.7)
    const base = mix(stone(tone(Math.floor(layer) - 1)), stone(tone(Math.floor(layer))), edge)
    const shade = 0.82 + 0.3 * within
    const line = 1 - smoothstep(0.6, 1.8, Math.abs(within - 0.5) / (steep * bands))
    const veined = line * smoothstep(0.35, 0.75, fold[at] ?? 0) * 0.75
    const lit = mix([base[0] * shade, base[1] * shade, base[2] * shade], vein, veined)
    // A light from the upper left over the folds.
    const relief = clamp(0.5 - (right - here + (below - here)) * size * 0.045, 0.25, 0.8)
    return mix(lit, relief > 0.5 ? vein : colors.darkest, Math.abs(relief - 0.5) * 0.42)
  })
}
