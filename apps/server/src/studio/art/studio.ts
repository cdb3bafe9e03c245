import type { Canvas } from './canvas.ts'
import type { Color } from './color.ts'
import type { Noise } from './noise.ts'
import type { Random } from './random.ts'

/** What a style works with; the same seed makes the same choices at every size. */
export interface Studio {
  canvas: Canvas
  random: Random
  noise: Noise
  colors: { darkest: Color; dark: Color; middle: Color; bright: Color; lightest: Color }
  /** All five, from the darkest (0) to the lightest (1). */
  ramp: (t: number) => Color
}
