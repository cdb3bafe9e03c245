/** Returns one line of a CSV file (RFC 4180, with `\n`). */
export const csvLine = (cells: unknown[]): string => `${cells.map(csvCell).join(',')}\n`

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = typeof value === 'string' ? inert(value) : JSON.stringify(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Returns the text in a form that a spreadsheet doesn't run as a formula. A customer may have entered
 * `=HYPERLINK(…)`, for example.
 */
const inert = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
