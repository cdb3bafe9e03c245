import { createRandom } from './random.ts'

/** Five colors, from the darkest to the lightest. */
export type Palette = readonly [string, string, string, string, string]

type WordsAndPalette = readonly [RegExp, Palette]

/** The words that select each palette. If a prompt's words match several palettes, the first match is used. */
const palettes: readonly [WordsAndPalette, ...WordsAndPalette[]] = [
  [/\b(sunset|dusk|evening|golden|twilight)/, ['#24123f', '#7b2d6e', '#e0556b', '#ff9f5a', '#ffe3a8']],
  [/\b(dawn|sunrise|morning|pastel|blossom)/, ['#35446b', '#7d7fb3', '#e79aa7', '#f9c9a5', '#fff3e4']],
  [/\b(honey|lemon|yellow|sun\b|sunny|wheat)/, ['#2d1b0e', '#7d4f1d', '#cf922f', '#f3c969', '#fff5d8']],
  [/\b(rose|pink|love|heart|flamingo|candy)/, ['#3a0f2e', '#8f2860', '#df5c8c', '#f8a6b6', '#fff0ee']],
  [/\b(ocean|sea|harbou?r|lake|coast|boat)/, ['#06243f', '#0d5577', '#2b9eb3', '#8fd8cf', '#fbf3dd']],
  [/\b(forest|garden|meadow|lea[fv]|green)/, ['#0e2a22', '#215a45', '#5d9a62', '#b9cf7d', '#f6f3da']],
  [/\b(fire|lava|volcano|ember|dragon|red)/, ['#1c0a12', '#6e1423', '#c9302c', '#f98b2b', '#ffe59a']],
  [/\b(night|star|galaxy|space|moon|planet)/, ['#080b1f', '#232a63', '#5b4fb5', '#c77dd6', '#f9e6ff']],
  [/\b(aurora|arctic|ice|snow|winter|frost)/, ['#071a2e', '#11506b', '#2fb5a0', '#9be8c4', '#eefaf6']],
  [/\b(neon|cyber|city|electric|disco|robot)/, ['#0d0221', '#3a0ca3', '#d81e8c', '#ff5f9e', '#7df9ff']],
  [/\b(desert|sand|dune|canyon|clay|autumn)/, ['#3a1c1a', '#8a3b2a', '#cf7a45', '#ecbd7d', '#fbeed3']],
  [/\b(lavender|violet|purple|dream|magic)/, ['#1e1238', '#4b3480', '#8b6cc0', '#d2a6dc', '#fbf0fb']],
  [/\b(blue|sky|cloud|rain|storm|river|wave)/, ['#0c1e3e', '#22508f', '#5f93cf', '#b7d3ea', '#fdf7ea']],
  [/\b(black|white|ink|noir|fog|mist|gr[ae]y)/, ['#15171c', '#3d4350', '#7d8593', '#c3c6c9', '#f7f4ee']],
]

const styles = [
  ['aurora', /\b(aurora|northern lights|starry|stars|galaxy|arctic|winter|night)/],
  ['ridges', /\b(mountain|hill|valley|sun|dawn|dusk|desert|canyon|coast|forest|fog|harbou?r|lighthouse)/],
  ['flow', /\b(wind|river|hair|silk|smoke|wave|music|marble|grass|dance|cloud|sea)/],
  ['orbs', /\b(planet|bubble|ball|circle|sphere|moon|candy|fruit|stone|balloon|lava|robot)/],
  ['bloom', /\b(flower|bloom|mandala|rose|garden|blossom|petal|spring|firework|heart)/],
] as const

export type Style = (typeof styles)[number][0]

/**
 * Chooses a palette and a style that match the prompt's words. If no word matches, chooses at random with the
 * prompt as the seed. Each `index` from 0 to 4 gets a different style.
 */
export function readPrompt(prompt: string, index = 0): { style: Style; palette: Palette } {
  const words = prompt.toLowerCase()
  const random = createRandom(words)
  const palette = (palettes.find(([pattern]) => pattern.test(words)) ?? random.pick(palettes))[1]
  const order = styles
    .map(([style, pattern]) => ({ style, rank: pattern.test(words) ? -1 : random.next() }))
    .sort((a, b) => a.rank - b.rank)
  return { palette, style: order[index % order.length]?.style ?? 'ridges' }
}
