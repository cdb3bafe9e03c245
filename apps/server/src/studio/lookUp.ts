import { readPrompt } from './art/subject.ts'

const glossary: Record<string, string> = {
  alla_prima: 'A painting finished in one sitting, wet paint into wet paint.',
  aurora: 'Curtains of green and violet light that solar wind causes in the upper air.',
  bokeh: 'The soft discs that out-of-focus lights become.',
  chiaroscuro: 'Strong light against deep shadow, which makes things stand out from the dark.',
  cloisonné: 'Fields of color, each with a fine dark outline.',
  contour: 'The line where one thing ends and another begins.',
  fresco: 'Pigment on wet plaster, which preserves it for centuries.',
  gouache: 'Opaque watercolor: flat, matt and bright.',
  grisaille: 'A picture painted only in greys.',
  halftone: 'Tones made of dots: large for dark, small for light.',
  horizon: 'The line at the height of your eyes where sky and ground meet.',
  impasto: 'Paint so thick that it casts shadows.',
  mandala: 'A figure that grows outward from its center in rings.',
  palette: 'The few colors that a picture uses.',
  pointillism: 'Dots of pure color that the eye mixes from a distance.',
  sepia: 'The brown of old ink and old photographs.',
  sfumato: 'Edges that dissolve like smoke, without any line.',
  tenebrism: 'Darkness almost everywhere, and one hard light.',
  truchet: 'Tiles whose curves always meet their neighbors, however you turn them.',
  ukiyo_e: 'Japanese woodcuts with flat color, clear lines and weather.',
  vignette: 'A picture that darkens or fades toward its edge.',
  wabi_sabi: 'The beauty of things that are worn, uneven and impermanent.',
}

const descriptions = {
  aurora: 'curtains of light over still water',
  ridges: 'mountains behind mountains in the haze',
  flow: 'brush strokes that follow one wind',
  orbs: 'tightly packed spheres',
  bloom: 'the petals of a large flower',
} as const

/** Explains a term of painting and says how Studio would paint it. */
export function lookUp(term: string) {
  const { style, palette } = readPrompt(term)
  const entry = term
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  const meaning =
    glossary[entry] ?? `This word is not in the glossary. Studio would paint it as ${descriptions[style]}.`
  return { term, meaning, style, palette }
}
