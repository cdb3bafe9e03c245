import { appendProperty, type Edit } from '../edits.ts'
import { functionAt } from '../findFunction.ts'
import type { Range, SourceFile } from '../sourceFile.ts'

const spread = '...keyHeaders(opts)'

/**
 * Returns the edits that add the keys to an HTTP link's `headers` option, or null if the option can't be
 * parsed.
 */
export function addKeys(file: SourceFile, options: number): Edit[] | null {
  const property = file.property(options, 'headers')
  if (!property) return appendProperty(file, options, 'headers: keyHeaders')
  const value = valueStart(file, property)
  if (value === null) return null
  if (file.code[value] === '{') {
    const wrap = (at: number, insert: string): Edit => ({ file, start: at, end: at, insert })
    return [wrap(value, '(opts) => ('), ...appendProperty(file, value, spread), wrap(property.end, ')')]
  }
  const found = functionAt(file, value)
  if (!found || file.codeIn(found.parameters).trim() !== '') return null
  const parameter = { file, ...found.parameters, insert: 'opts' }
  if (found.returned !== null) return [parameter, ...appendProperty(file, found.returned, spread)]
  const created = newHeaders(file, property)
  return created === null
    ? null
    : [parameter, { file, start: created, end: created, insert: 'keyHeaders(opts)' }]
}

/** Returns whether the headers are an object, or a function without a parameter. */
export function withoutParameter(file: SourceFile, headers: Range): boolean {
  const value = valueStart(file, headers)
  if (value === null) return false
  const found = functionAt(file, value)
  return file.code[value] === '{' || (found !== null && file.codeIn(found.parameters).trim() === '')
}

/** Returns the start of the property's value or, for a method, of its parameter list. */
function valueStart(file: SourceFile, property: Range): number | null {
  const isMethod = /^(?:async\s+)?headers\s*\(/.test(file.codeIn(property))
  const value = isMethod
    ? file.code.indexOf('(', property.start)
    : file.skipSpace(file.code.indexOf(':', property.start) + 1)
  return value <= property.start || value > property.end ? null : value
}

/**
 * Returns the offset between the parentheses of `new Headers()`. Returns null unless the range contains this
 * call exactly once.
 */
function newHeaders(file: SourceFile, { start, end }: Range): number | null {
  const found = file.matches(/\bnew Headers\(\s*(?=\))/).filter(({ index }) => index > start && index < end)
  const [only] = found
  return only && found.length === 1 ? only.index + only[0].length : null
}
