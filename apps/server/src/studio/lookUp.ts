import { readPrompt } from './art/subject.ts'

const glossary: Record<string, string> = {
  alla_prima: 'A painting finished in one sitting, wet paint into wet paint.',
  aurora: 'Curtains of green and violet light in the upper atmosphere, caused by the solar wind.',
  bokeh: 'The soft discs that out-of-focus lights form in a photograph.',
  chiaroscuro: 'Strong contrast between light and deep shadow.',
  cloisonné: 'Fields of color, each with a fine dark outline.',
  contour: 'The line where one thing ends and another begins.',
  fresco: 'Pigment painted on wet plaster. The plaster preserves the colors for centuries.',
  gouache: 'Opaque watercolor: flat, matte and bright.',
  grisaille: 'A picture painted only in shades of gray.',
  halftone: 'Tones made of dots: large for dark, small for light.',
  horizon: 'The line at eye level where the sky and the ground meet.',
  impasto: 'Paint so thick that it casts shadows.',
  mandala: 'A figure that grows outward from its center in rings.',
  palette: 'The set of colors in a picture.',
  pointillism: 'Dots of pure color that the eye mixes from a distance.',
  sepia: 'The brown of old ink and old photographs.',
  sfumato: 'Soft edges that dissolve like smoke, without outlines.',
  tenebrism: 'A dark picture with one harsh light.',
  truchet: 'Square tiles with curves that connect to the neighboring tiles in any rotation.',
  ukiyo_e: 'Japanese woodblock prints with flat colors and clear lines.',
  vignette: 'A picture that darkens or fades toward its edge.',
  wabi_sabi: 'The beauty of things that are worn, uneven and impermanent.',
}

const descriptions = {
  aurora: 'curtains of light over still water',
  ridges: 'layers of hazy mountains',
  flow: 'brush strokes that flow in one direction',
  orbs: 'tightly packed spheres',
  bloom: 'the petals of a large flower',
} as const

/** Returns the term's meaning, or undefined if the glossary doesn't explain the term. */
function meaningOf(term: string): string | undefined {
  const entry = term
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  // Without this check, the term `constructor` would find a function that every object has.
  return Object.hasOwn(glossary, entry) ? glossary[entry] : undefined
}

/** Returns whether the glossary explains the term. */
export const isInGlossary = (term: string) => meaningOf(term) !== undefined

/** Explains a painting term and describes how Studio would paint it. */
export function lookUp(term: string) {
  const { style, palette } = readPrompt(term)
  const meaning =
    meaningOf(term) ?? `This word is not in the glossary. Studio would paint it as ${descriptions[style]}.`
  return { term, meaning, style, palette }
}
