import { createRandom } from './random.ts'

export const styles = ['aurora', 'ridges', 'flow', 'orbs', 'ribbons', 'agate', 'bloom'] as const
export type Style = (typeof styles)[number]

/** Five colours, from the darkest to the lightest. */
export type Palette = readonly [string, string, string, string, string]

export interface Subject {
  style: Style
  palette: Palette
}

/** What a prompt suggests when it says nothing else. */
const palettes: readonly [Palette, ...Palette[]] = [
  ['#10182f', '#1f4e79', '#3fa7a3', '#f2b56b', '#fdf1dc'],
  ['#1d1030', '#5b2a86', '#c0498b', '#ff9a76', '#ffe8d1'],
  ['#0f2027', '#1f5f5b', '#5fa777', '#d9d27e', '#fbf6df'],
  ['#231123', '#82204a', '#d9594c', '#f3a953', '#fdeecb'],
  ['#0b1d3a', '#274f9e', '#6f8fe0', '#e3a7c9', '#fdf0f5'],
  ['#1b1b2f', '#3d4a7a', '#7c83b5', '#e8a798', '#faf0e6'],
  ['#14213d', '#2a6f97', '#61a5c2', '#fca311', '#fff6e6'],
  ['#1a2e1f', '#3f6b3c', '#8cab5a', '#e0b04f', '#f8f3e3'],
  ['#2b0f1e', '#7a1f3d', '#c8553d', '#f28f3b', '#ffe9c9'],
  ['#101827', '#444e86', '#955196', '#ff7c6b', '#ffd9a8'],
]

/** Words that stand for colours, in the order they are looked for. */
const colorWords: readonly (readonly [RegExp, Palette])[] = [
  [/\b(sunset|dusk|evening|golden hour|twilight)/, ['#24123f', '#7b2d6e', '#e0556b', '#ff9f5a', '#ffe3a8']],
  [
    /\b(dawn|sunrise|morning|pastel|blossom|cherry|spring)/,
    ['#35446b', '#7d7fb3', '#e79aa7', '#f9c9a5', '#fff3e4'],
  ],
  [
    /\b(gold|honey|lemon|yellow|sun\b|sunflower|sunny|amber|wheat)/,
    ['#2d1b0e', '#7d4f1d', '#cf922f', '#f3c969', '#fff5d8'],
  ],
  [
    /\b(ocean|sea|wave|harbou?r|coast|beach|lagoon|boat|ship|water|lake|river)/,
    ['#06243f', '#0d5577', '#2b9eb3', '#8fd8cf', '#fbf3dd'],
  ],
  [
    /\b(forest|jungle|moss|garden|meadow|leaf|leaves|green|fern|tree)/,
    ['#0e2a22', '#215a45', '#5d9a62', '#b9cf7d', '#f6f3da'],
  ],
  [/\b(fire|lava|volcano|ember|dragon|red|rage)/, ['#1c0a12', '#6e1423', '#c9302c', '#f98b2b', '#ffe59a']],
  [
    /\b(night|star|galaxy|space|cosmos|nebula|moon|midnight|planet)/,
    ['#080b1f', '#232a63', '#5b4fb5', '#c77dd6', '#f9e6ff'],
  ],
  [
    /\b(aurora|northern lights|arctic|ice|glacier|snow|winter|frost|cold)/,
    ['#071a2e', '#11506b', '#2fb5a0', '#9be8c4', '#eefaf6'],
  ],
  [/\b(neon|cyber|synth|city|electric|disco|robot)/, ['#0d0221', '#3a0ca3', '#d81e8c', '#ff5f9e', '#7df9ff']],
  [
    /\b(desert|sand|dune|canyon|clay|terracotta|mars|autumn|fall)/,
    ['#3a1c1a', '#8a3b2a', '#cf7a45', '#ecbd7d', '#fbeed3'],
  ],
  [/\b(rose|pink|love|heart|flamingo|candy)/, ['#3a0f2e', '#8f2860', '#df5c8c', '#f8a6b6', '#fff0ee']],
  [/\b(lavender|violet|purple|plum|dream|magic)/, ['#1e1238', '#4b3480', '#8b6cc0', '#d2a6dc', '#fbf0fb']],
  [/\b(blue|sky|cloud|rain|storm|denim|indigo)/, ['#0c1e3e', '#22508f', '#5f93cf', '#b7d3ea', '#fdf7ea']],
  [
    /\b(black|white|monochrome|mono|ink|noir|fog|mist|silver|gr[ae]y)/,
    ['#15171c', '#3d4350', '#7d8593', '#c3c6c9', '#f7f4ee'],
  ],
]

/** Words that stand for a way of painting. */
const styleWords: readonly (readonly [RegExp, Style])[] = [
  [/\b(aurora|northern lights|night sky|starry|stars|galaxy|nebula|arctic|winter night)/, 'aurora'],
  [
    /\b(mountain|landscape|hill|valley|harbou?r|lake|sunset|sunrise|dawn|dusk|desert|dune|canyon|horizon|coast|beach|forest|fog|mist)/,
    'ridges',
  ],
  [/\b(wind|river|hair|silk|smoke|wave|current|flow|music|storm|grass|field|dance|ocean|sea)/, 'flow'],
  [/\b(planet|bubble|ball|circle|sphere|orb|moon|candy|fruit|stone|pebble|balloon|cell)/, 'orbs'],
  [/\b(maze|city|circuit|pattern|tile|knot|labyrinth|ribbon|road|robot|neon|machine|code|snake)/, 'ribbons'],
  [/\b(marble|agate|map|topograph|ink|paint|rock|lava|volcano|wood|liquid|cloud|dream)/, 'agate'],
  [/\b(flower|bloom|sunflower|mandala|rose|garden|blossom|petal|spring|star|firework|dahlia|heart)/, 'bloom'],
]

/** How a picture of `prompt` looks: what its words suggest, and where they suggest nothing, its letters. */
export function readPrompt(prompt: string, index = 0): Subject {
  const words = prompt.toLowerCase()
  const random = createRandom(words)
  const meant = colorWords.find(([pattern]) => pattern.test(words))?.[1]
  const palette = meant ?? random.pick(palettes)
  const named = styleWords.filter(([pattern]) => pattern.test(words)).map(([, style]) => style)
  const others = shuffled(
    styles.filter((style) => !named.includes(style)),
    words,
  )
  const order = [...named, ...others]
  return { palette, style: order[index % order.length] ?? 'ridges' }
}

function shuffled<T>(items: T[], seed: string): T[] {
  const random = createRandom(`order of ${seed}`)
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
