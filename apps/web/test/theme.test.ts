import { DEFAULT_THEME } from '@mantine/core'
import { expect, it } from 'vitest'
import { cssVariablesResolver } from '../src/theme.ts'

/** Returns the WCAG 2.2 relative luminance of a color such as `#1d6b53`. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const variables = cssVariablesResolver(DEFAULT_THEME)

it.each(['light', 'dark'] as const)(
  'gives the edges of inputs and switches a contrast of at least 3:1 in %s mode',
  (scheme) => {
    const { '--edge': edge = '', '--surface': surface = '' } = variables[scheme]
    expect(contrast(edge, surface)).toBeGreaterThanOrEqual(3)
  },
)
