const [pageWidth, pageHeight] = [595, 842]
const margin = 56
const lineHeight = 22

export interface PdfLine {
  text: string
  /** Text at the right margin, such as an amount. */
  right?: string
  bold?: boolean
  size?: number
}

const linesPerPage = Math.floor((pageHeight - 2 * margin) / lineHeight)
/** The ID of the first page. Four objects precede it: the catalog, the list of pages and two fonts. */
const firstPage = 5

/**
 * Returns a PDF (A4) with these lines, on as many pages as they need. An empty text produces a blank line.
 * The built-in fonts contain only Latin-1 characters, so a dash becomes a hyphen and any other character
 * becomes a question mark.
 */
export function pdf(lines: readonly PdfLine[]): Buffer {
  const count = Math.max(1, Math.ceil(lines.length / linesPerPage))
  const pages = Array.from({ length: count }, (_, page) =>
    pageObjects(lines.slice(page * linesPerPage, (page + 1) * linesPerPage), {
      id: firstPage + 2 * page,
      footer: count > 1 ? `Page ${page + 1} of ${count}` : null,
    }),
  )
  const kids = pages.map((_, page) => `${firstPage + 2 * page} 0 R`).join(' ')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${count} >>`,
    font('Courier'),
    font('Courier-Bold'),
    ...pages.flat(),
  ]
  let file = '%PDF-1.4\n'
  const offsets: number[] = []
  for (const [index, object] of objects.entries()) {
    offsets.push(file.length)
    file += `${index + 1} 0 obj\n${object}\nendobj\n`
  }
  const start = file.length
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(file, 'latin1')
}

/** Returns the objects for a page with this ID and for the page's content. The content has the next ID. */
function pageObjects(
  lines: readonly PdfLine[],
  { id, footer }: { id: number; footer: string | null },
): string[] {
  const drawings = lines.map((line, index) => drawing(line, pageHeight - margin - index * lineHeight))
  if (footer !== null) drawings.push(drawing({ text: '', right: footer }, margin / 2))
  const content = drawings.join('\n')
  return [
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${pageWidth} ${pageHeight}] /Contents ${id + 1} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>`,
    `<< /Length ${Buffer.byteLength(content, 'latin1')} >>\nstream\n${content}\nendstream`,
  ]
}

const font = (name: string) =>
  `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`

/**
 * The width of each Courier character, relative to the font size. Courier is monospaced, so text can be
 * aligned without a table of widths.
 */
const courierWidth = 0.6

function drawing({ text, right: whole, bold = false, size = 10 }: PdfLine, y: number): string {
  const width = Math.floor((pageWidth - 2 * margin) / (size * courierWidth))
  const right = whole && cut(whole, width - minTextLength)
  const at = (x: number, shown: string) =>
    `BT /${bold ? 'F2' : 'F1'} ${size} Tf ${x.toFixed(2)} ${y} Td (${escaped(shown)}) Tj ET`
  const parts = [at(margin, cut(text, width - (right ? right.length + 1 : 0)))]
  if (right) parts.push(at(pageWidth - margin - right.length * size * courierWidth, right))
  return parts.join('\n')
}

/** The minimum number of characters that stay available to the left text if the right text is long. */
const minTextLength = 12

const cut = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text

const escaped = (text: string) =>
  text
    .replace(/[–−]/g, '-')
    .replace(/[^\x20-\x7e\xa0-\xff]/g, '?')
    .replace(/[\\()]/g, '\\$&')
