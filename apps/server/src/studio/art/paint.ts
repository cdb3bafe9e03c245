import { Canvas } from './canvas.ts'
import { createRamp, fromHex, turnHue } from './color.ts'
import { createNoise } from './noise.ts'
import { encodePng } from './png.ts'
import { createRandom } from './random.ts'
import type { Studio } from './studio.ts'
import { paintAgate } from './styles/agate.ts'
import { paintAurora } from './styles/aurora.ts'
import { paintBloom } from './styles/bloom.ts'
import { paintFlow } from './styles/flow.ts'
import { paintOrbs } from './styles/orbs.ts'
import { paintRibbons } from './styles/ribbons.ts'
import { paintRidges } from './styles/ridges.ts'
import { readPrompt, type Style } from './subject.ts'

const painters: Record<Style, (studio: Studio) => void> = {
  aurora: paintAurora,
  ridges: paintRidges,
  flow: paintFlow,
  orbs: paintOrbs,
  ribbons: paintRibbons,
  agate: paintAgate,
  bloom: paintBloom,
}

export interface PictureOrder {
  prompt: string
  /** Which of the pictures of one generation: each is another view of the same prompt. */
  index: number
  /** Pixels, width and height. */
  size: number
}

/** A PNG, the same for the same order on every machine. */
export function paint({ prompt, index, size }: PictureOrder): Uint8Array {
  const { style, palette } = readPrompt(prompt, index)
  const random = createRandom(`${prompt} / ${index}`)
  // Two prompts that share a palette still differ by a shade.
  const turn = random.between(-0.12, 0.12)
  const [darkest, dark, middle, bright, lightest] = palette.map((hex) => turnHue(fromHex(hex), turn))
  if (!darkest || !dark || !middle || !bright || !lightest) throw new Error('a palette has five colours')
  const canvas = new Canvas(size)
  painters[style]({
    canvas,
    random,
    noise: createNoise(random),
    colors: { darkest, dark, middle, bright, lightest },
    ramp: createRamp([darkest, dark, middle, bright, lightest]),
  })
  return encodePng({ rgb: canvas.toRgb(random), size })
}
