import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'
import { meters } from './format/meters.ts'

/**
 * The colors are named after pigments. Viridian marks actions and normal states. Ochre marks warnings.
 * Madder marks errors.
 */
const viridian: MantineColorsTuple = [
  '#eef7f3',
  '#d8ece4',
  '#b0d9c9',
  '#86c8b0',
  '#62b698',
  '#3f9d7b',
  '#2c8466',
  '#1d6b53',
  '#125443',
  '#0a3d31',
]
const ochre: MantineColorsTuple = [
  '#fdf6e7',
  '#f9e8c6',
  '#f2d394',
  '#e9bc63',
  '#dfa63f',
  '#c98a1f',
  '#a86f12',
  '#85560a',
  '#664107',
  '#482d03',
]
const madder: MantineColorsTuple = [
  '#fcefed',
  '#f8d9d4',
  '#f0b3aa',
  '#e68f83',
  '#dc6f61',
  '#c94b3d',
  '#b0392d',
  '#8f2a20',
  '#701f17',
  '#51140e',
]
const stone: MantineColorsTuple = [
  '#f6f8f5',
  '#eef1ec',
  '#e3e8e2',
  '#d5dcd5',
  '#c0c9c2',
  '#9aa69f',
  '#74817a',
  '#55625b',
  '#37423d',
  '#1f2925',
]
/** Mantine's dark theme uses these colors in this order: text, borders, surfaces, page. */
const graphite: MantineColorsTuple = [
  '#e4eae7',
  '#c3cdc8',
  '#a3b0aa',
  '#7d8b84',
  '#47544e',
  '#333e39',
  '#222b27',
  '#161d1a',
  '#101513',
  '#0a0e0c',
]

export const theme = createTheme({
  colors: { viridian, ochre, madder, red: madder, gray: stone, dark: graphite },
  primaryColor: 'viridian',
  primaryShade: { light: 7, dark: 6 },
  black: '#14201b',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    'ui-sans-serif, "Avenir Next", "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  headings: {
    fontFamily:
      '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", "Book Antiqua", Georgia, "Liberation Serif", serif',
    fontWeight: '600',
    sizes: {
      h1: { fontSize: 'clamp(1.75rem, 1.4rem + 1.6vw, 2.5rem)', lineHeight: '1.12' },
      h2: { fontSize: '1.375rem', lineHeight: '1.25' },
      h3: { fontSize: '1.125rem', lineHeight: '1.3' },
    },
  },
  radius: { sm: '6px', md: '10px', lg: '16px' },
})

/**
 * The page is slightly darker than its surfaces, so that cards stand out without shadows. The contrast of
 * text on its background, and of `--edge` on a surface, meets WCAG AA.
 */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  // Skeletons use the number of meters to reserve enough space.
  variables: { '--meters': String(meters.length) },
  light: {
    '--mantine-color-body': '#f3f5f1',
    '--mantine-color-dimmed': '#55625b',
    '--mantine-color-placeholder': '#69766f',
    '--mantine-color-default-border': '#ccd3cc',
    '--mantine-color-error': madder[6],
    '--surface': '#ffffff',
    '--line': '#dfe4dd',
    '--edge': '#85918a',
    '--track': '#e3e8e2',
    '--mantine-color-disabled': '#e3e8e2',
    '--mantine-color-disabled-color': '#55625b',
    '--bar': viridian[6],
    '--bar-held': viridian[2],
    '--bar-warning': ochre[5],
    '--bar-critical': madder[5],
    '--text-warning': ochre[7],
    '--text-critical': madder[6],
    '--wash': '#eaf3ed',
    '--wash-warning': ochre[0],
    '--wash-critical': madder[0],
  },
  dark: {
    '--mantine-color-body': '#101513',
    '--mantine-color-dimmed': '#a3b0aa',
    '--mantine-color-placeholder': '#8d9a94',
    '--mantine-color-default-border': '#3d4943',
    '--mantine-color-error': madder[3],
    '--surface': '#171e1b',
    '--line': '#2a3430',
    '--edge': '#6f7d76',
    '--track': '#2c3733',
    '--mantine-color-disabled': '#2c3733',
    '--mantine-color-disabled-color': '#a3b0aa',
    '--bar': viridian[5],
    '--bar-held': viridian[8],
    '--bar-warning': ochre[4],
    '--bar-critical': madder[4],
    '--text-warning': ochre[3],
    '--text-critical': madder[3],
    '--wash': '#16241f',
    '--wash-warning': '#262012',
    '--wash-critical': '#2a1815',
  },
})
