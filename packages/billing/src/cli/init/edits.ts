import { dirname, relative } from 'node:path/posix'
import { type Range, SourceFile } from './sourceFile.ts'

/** A replacement in a file. If the range is empty, the edit only inserts text. */
export interface Edit extends Range {
  file: SourceFile
  insert: string
}

/**
 * A name to import into `file`. `from` is a package name, or the path of one of the app's files without its
 * extension.
 */
export interface Import {
  file: SourceFile
  name: string
  from: string
  isType?: boolean
}

/** Returns the edits that append a property to the object literal at `open`. */
export function appendProperty(file: SourceFile, open: number, property: string): Edit[] {
  const close = file.closing(open)
  if (close === null) return []
  const last = file.items(open).at(-1)
  if (!last) return [{ file, start: open + 1, end: close, insert: ` ${property} ` }]
  const comma = file.skipSpace(last.end)
  const hasComma = file.code[comma] === ','
  const insertAt = (start: number, insert: string): Edit => ({ file, start, end: start, insert })
  const after = hasComma ? comma + 1 : last.end
  if (!file.text.slice(after, close).includes('\n'))
    return [insertAt(after, `${hasComma ? '' : ','} ${property}`)]
  // If a comment follows the last property, keep it on that property's line.
  const lineEnd = file.text.indexOf('\n', after)
  const line = `\n${file.indentOf(last.start)}${property}${hasComma ? ',' : ''}`
  return hasComma ? [insertAt(lineEnd, line)] : [insertAt(last.end, ','), insertAt(lineEnd, line)]
}

/** Returns the object literal's text with the property added. */
export function withProperty(literal: string, property: string): string {
  const file = new SourceFile('', literal)
  return applyEdits(appendProperty(file, 0, property), []).get(file) ?? literal
}

/** Returns the new content of each edited file. Edits to the same file must not overlap. */
export function applyEdits(edits: Edit[], imports: Import[]): Map<SourceFile, string> {
  const files = new Set([...edits, ...imports].map(({ file }) => file))
  return new Map([...files].map((file) => [file, applyTo(file, edits, imports)]))
}

function applyTo(file: SourceFile, edits: Edit[], imports: Import[]): string {
  const own = [...edits.filter((edit) => edit.file === file), ...importEdits(file, imports)]
  let text = file.text
  // Apply the edits from last to first, so that the remaining offsets stay valid. Insertions at the same
  // offset keep their order.
  const inOrder = own
    .map((edit, index) => ({ ...edit, index }))
    .sort((a, b) => b.start - a.start || b.index - a.index)
  for (const { start, end, insert } of inOrder) text = text.slice(0, start) + insert + text.slice(end)
  return text
}

/** Returns the edit that adds the missing imports, or an empty list if none is missing. */
function importEdits(file: SourceFile, imports: Import[]): Edit[] {
  const wanted = imports.filter((it) => it.file === file && it.from !== withoutExtension(file.path))
  const modules = new Map<string, Set<string>>()
  for (const { name, from, isType } of wanted) {
    if (importsName(file, name)) continue
    const names = modules.get(from) ?? new Set()
    modules.set(from, names.add(isType ? `type ${name}` : name))
  }
  if (modules.size === 0) return []
  const { quote } = file
  const end = file.usesSemicolons ? ';' : ''
  const lines = [...modules].map(
    ([from, names]) =>
      `import { ${[...names].join(', ')} } from ${quote}${specifier(file, from)}${quote}${end}\n`,
  )
  const at = importsEnd(file)
  const blank = at === 0 && file.text !== '' ? '\n' : ''
  return [{ file, start: at, end: at, insert: lines.join('') + blank }]
}

/** Returns whether the file already imports or declares the name. */
const importsName = (file: SourceFile, name: string) =>
  new RegExp(`^import\\b[^;'"]*\\b${name}\\b[^;'"]*\\bfrom\\b`, 'm').test(file.code) ||
  new RegExp(`\\b(?:const|let|function|class)\\s+${name}\\b`).test(file.code)

/**
 * Returns the offset at which new imports are inserted: after the last import, or after the directives if
 * there is no import.
 */
function importsEnd(file: SourceFile): number {
  const last = file.matches(/^import\b(?!\s*\()/m).at(-1)
  const directive = /^(?:["']use \w+["'];?[ \t]*\n)+/.exec(file.text)
  if (!last) return directive?.[0].length ?? 0
  const quoted = file.text.slice(last.index).match(/^import[\s\S]*?(["'])[^"'\n]*\1[^\n]*\n/)
  return quoted ? last.index + quoted[0].length : file.statementEnd(last.index) + 1
}

/** Returns the module specifier for an import, in the style of the file's other imports. */
function specifier(file: SourceFile, from: string): string {
  if (/^@(metered|trpc)\//.test(from)) return from
  const path = relative(dirname(file.path), from)
  return `${path.startsWith('.') ? '' : './'}${path}${file.extensionStyle}`
}

export const withoutExtension = (path: string) => path.replace(/\.[cm]?tsx?$/, '')
