import { createRandom, type Random } from './random.ts'
import { paintAurora } from './styles/aurora.ts'
import { paintBloom } from './styles/bloom.ts'
import { paintFlow } from './styles/flow.ts'
import { paintOrbs } from './styles/orbs.ts'
import { paintRidges } from './styles/ridges.ts'
import { readPrompt, type Style } from './subject.ts'
import { escapeXml, svg } from './svg.ts'

/** A style's drawing tools. The canvas is 512 × 512 units, with [0, 0] at the top left. */
export interface Brush {
  /** Random numbers for the composition, which is the same in standard quality and HD. */
  random: Random
  /** Random numbers for the details. HD has more details than standard quality. */
  grain: Random
  hd: boolean
  /** Returns the palette's color at `t`, from the darkest (0) to the lightest (1). */
  tone: (t: number) => string
  /** Returns smooth noise, mostly from -1 to 1, with about one peak per unit. */
  noise: (x: number, y: number) => number
}

const styles: Record<Style, (brush: Brush) => string> = {
  aurora: paintAurora,
  bloom: paintBloom,
  flow: paintFlow,
  orbs: paintOrbs,
  ridges: paintRidges,
}

export interface PictureRequest {
  prompt: string
  /** The picture's position within one generation, starting at 0. Each picture gets a different style. */
  index: number
  /** Doubles the picture's width and draws finer detail. */
  hd: boolean
}

/** Returns an SVG file and its width in pixels. The same request always returns the same file. */
export function paint({ prompt, index, hd }: PictureRequest): { svg: string; size: number } {
  const { style, palette } = readPrompt(prompt, index)
  const random = createRandom(`${prompt} / ${index}`)
  const grain = createRandom(`grain of ${prompt} / ${index}`)
  const drawing = styles[style]({ random, grain, hd, tone: toneOf(palette), noise: noiseOf(random) })
  const size = hd ? 1024 : 512
  const frame = svg`xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 512 512"`
  return { svg: `<svg ${frame}><title>${escapeXml(prompt)}</title>${drawing}</svg>`, size }
}

function toneOf(palette: readonly string[]): Brush['tone'] {
  const colors = palette.map((hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)))
  return (t) => {
    const at = Math.min(1, Math.max(0, t)) * (colors.length - 1)
    const from = Math.min(colors.length - 2, Math.floor(at))
    const mixed = [0, 1, 2].map((channel) => {
      const [a = 0, b = 0] = [colors[from]?.[channel], colors[from + 1]?.[channel]]
      // Mix squared values, which approximate linear light, so that mixed colors aren't too dark.
      return Math.round(Math.sqrt(a * a + (b * b - a * a) * (at - from)))
    })
    return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
  }
}

/** Creates noise as the sum of waves in eight directions. */
function noiseOf(random: Random): Brush['noise'] {
  const waves = Array.from({ length: 8 }, (_, i) => {
    const [angle, length] = [random.between(0, 2 * Math.PI), 1.6 + i * 0.55]
    return {
      x: Math.cos(angle) * length,
      y: Math.sin(angle) * length,
      phase: random.between(0, 7),
      height: 1 / (1 + i * 0.4),
    }
  })
  return (x, y) => {
    let sum = 0
    for (const wave of waves) sum += wave.height * Math.sin(wave.x * x + wave.y * y + wave.phase)
    return sum / 2.6
  }
}
