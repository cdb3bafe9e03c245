/** Returns the rows as lines with aligned columns. Returns an empty string if there are no rows. */
export function columns(rows: (string | number)[][]): string {
  const texts = rows.map((row) => row.map((cell) => oneLine(String(cell))))
  const widths = (texts[0] ?? []).map((_, index) => Math.max(...texts.map((row) => row[index]?.length ?? 0)))
  return texts
    .map(
      (row) =>
        `  ${row
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

/** Returns a titled table with column titles, or an empty string if there are no rows. */
export const section = (title: string, names: string[], rows: (string | number)[][]): string =>
  rows.length === 0 ? '' : `\n${title}\n${columns([names, ...rows])}`

/** Returns a time such as `2026-11-22 10:00:05Z`. */
export const time = (epochMs: number): string =>
  new Date(epochMs)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z/, 'Z')

/** Replaces control characters, because text from the ledger must not control the terminal. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ')
