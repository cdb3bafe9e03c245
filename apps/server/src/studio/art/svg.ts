/** Builds SVG from a template. Joins lists and, to keep the files small, rounds numbers to hundredths. */
export function svg(texts: TemplateStringsArray, ...values: (string | number | string[])[]): string {
  return texts.reduce((written, text, i) => {
    const value = values[i - 1] ?? ''
    if (typeof value === 'number') return written + Math.round(value * 100) / 100 + text
    return written + (typeof value === 'string' ? value : value.join('')) + text
  })
}

export const repeat = (count: number, make: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => make(i))

/** Returns a gradient's stops from tuples `[offset, color, opacity = 1]`. */
export const stops = (...list: (readonly [offset: number, color: string, opacity?: number])[]) =>
  list.map(
    ([offset, color, opacity = 1]) =>
      svg`<stop offset="${offset}" stop-color="${color}" stop-opacity="${opacity}"/>`,
  )

export const vertical = (id: string, list: string[]) =>
  svg`<linearGradient id="${id}" x2="0" y2="1">${list}</linearGradient>`

export const radial = (id: string, list: string[], focus = '') =>
  svg`<radialGradient id="${id}" ${focus}>${list}</radialGradient>`

/**
 * Escapes text for XML. Removes control characters, lone surrogates, and private or unassigned characters.
 */
export const escapeXml = (text: string) =>
  text
    .replace(/\s/g, ' ')
    .replace(/[^\P{C}\p{Cf}]/gu, '')
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
