import { readPrompt } from './art/subject.ts'

/** Words painters use. */
const glossary: Record<string, string> = {
  alla_prima: 'Painted in one sitting, wet paint into wet paint.',
  aurora: 'Light that solar wind draws in the upper air, in curtains of green and violet.',
  bokeh: 'The soft discs that lights become out of focus.',
  chiaroscuro: 'Strong light against deep shadow, so that things step forward out of the dark.',
  cloisonné: 'Fields of colour with a fine dark line around each.',
  contour: 'The line where one thing ends and another begins.',
  fresco: 'Pigment on wet plaster, which keeps it for centuries.',
  gouache: 'Watercolour made opaque: flat, matt and bright.',
  grisaille: 'A picture in greys alone.',
  halftone: 'Tones made of dots, large for dark and small for light.',
  horizon: 'The height of your eyes, wherever you stand.',
  impasto: 'Paint so thick that it throws shadows.',
  mandala: 'A figure that grows outward from its middle in rings.',
  palette: 'The few colours that a picture allows itself.',
  pointillism: 'Dots of pure colour that the eye mixes from afar.',
  sepia: 'The brown of old ink and older photographs.',
  sfumato: 'Edges dissolved like smoke, without any line.',
  tenebrism: 'Darkness over nearly everything, and one hard light.',
  truchet: 'Tiles whose curves always meet their neighbours, however they are turned.',
  ukiyo_e: 'Japanese woodcuts: flat colour, clear line, and weather.',
  vignette: 'A picture that darkens or fades towards its edge.',
  wabi_sabi: 'The beauty of what is worn, uneven and will not last.',
}

const manner = {
  aurora: 'curtains of light over still water',
  ridges: 'mountains behind mountains in the haze',
  flow: 'brush strokes that follow one wind',
  orbs: 'spheres packed until no more fit',
  ribbons: 'ribbons that wind and never end',
  agate: 'the folded bands of polished stone',
  bloom: 'petals set a golden angle apart',
} as const

/** What a word means to a painter, and how Studio would paint it. */
export function lookUp(term: string) {
  const { style, palette } = readPrompt(term)
  const known =
    glossary[
      term
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, '_')
    ]
  return {
    term,
    meaning: known ?? `Not in the glossary; Studio would paint it as ${manner[style]}.`,
    style,
    palette,
  }
}
