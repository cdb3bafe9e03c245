import { createRamp, mix } from '../color.ts'
import { clamp, distance, fractal, smoothstep } from '../noise.ts'
import type { Studio } from '../studio.ts'

/** Polished stone: bands that fold into one another, veined with light. */
export function paintAgate({ canvas, random, noise, colors }: Studio) {
  const { size } = canvas
  const [sx, sy] = [random.between(0, 300), random.between(0, 300)]
  const zoom = random.between(0.62, 0.95)
  const bands = random.between(10, 15)
  const turn = random.between(0, Math.PI)
  const warpX = canvas.field(72, (x, y) => fractal(noise, x * zoom + sx, y * zoom + sy, 3))
  const warpY = canvas.field(72, (x, y) => fractal(noise, x * zoom + sx + 5.2, y * zoom + sy + 1.3, 3))
  const foldOf = (dx: number, dy: number) =>
    canvas.field(256, (x, y) =>
      fractal(noise, x * zoom + sx + 2.4 * warpX(x, y) + dx, y * zoom + sy + 2.4 * warpY(x, y) + dy, 3),
    )
  const foldX = foldOf(1.7, 9.2)
  const foldY = foldOf(8.3, 2.8)
  const depth = new Float32Array(size * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = (column + 0.5) / size
      const y = (row + 0.5) / size
      const slope = (x * Math.cos(turn) + y * Math.sin(turn)) * zoom
      depth[row * size + column] =
        fractal(noise, x * zoom + sx + 1.9 * foldX(x, y), y * zoom + sy + 1.9 * foldY(x, y), 4) + slope * 0.22
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
  const tone = (band: number, here: number) => clamp(0.34 + 0.75 * here + 0.3 * noise(band * 3.7, 1.9))
  const vein = mix(colors.lightest, [1, 1, 1], 0.35)
  canvas.fill((x, y) => {
    const [column, row] = [Math.floor(x * size), Math.floor(y * size)]
    const at = row * size + column
    const here = depth[at] ?? 0
    const right = depth[row * size + Math.min(size - 1, column + 1)] ?? here
    const below = depth[Math.min(size - 1, row + 1) * size + column] ?? here
    const steep = distance(right - here, below - here) + 1e-6
    const layer = here * bands
    const within = layer - Math.floor(layer)
    // Each band has its own tone; the step between two is one pixel wide whatever the slope.
    const edge = clamp((within / (steep * bands)) * 0.7)
    const base = mix(stone(tone(Math.floor(layer) - 1, here)), stone(tone(Math.floor(layer), here)), edge)
    const shade = 0.82 + 0.3 * within
    const line = 1 - smoothstep(0.6, 1.8, Math.abs(within - 0.5) / (steep * bands))
    const veined = line * smoothstep(0.35, 0.75, distance(foldX(x, y), foldY(x, y))) * 0.75
    const lit = mix([base[0] * shade, base[1] * shade, base[2] * shade], vein, veined)
    // A light from the upper left over the folds.
    const relief = clamp(0.5 - (right - here + (below - here)) * size * 0.045, 0.25, 0.8)
    return mix(lit, relief > 0.5 ? vein : colors.darkest, Math.abs(relief - 0.5) * 0.42)
  })
}
