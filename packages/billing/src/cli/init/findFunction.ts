import type { Range, SourceFile } from './sourceFile.ts'

/** A function that creates the context. */
export interface ContextFunction {
  file: SourceFile
  name: string | null
  /** The range between the parentheses of the parameter list. */
  parameters: Range
  /** The offset of the returned object's opening brace, or null. */
  returned: number | null
  /** The arrow function's body if it is an expression other than an object literal. Otherwise, null. */
  expression: Range | null
  /** The offset of the parameter list, or of the `async` that precedes it. */
  start: number
}

/** Returns the first function with one of the names, or null. Earlier names take precedence. */
export function findFunction(files: SourceFile[], names: string[]): ContextFunction | null {
  for (const name of names) {
    const pattern = new RegExp(
      `\\bfunction\\s+${name}\\s*(?=\\()|\\bconst\\s+${name}\\b(?:\\s*:[^=]*)?\\s*=\\s*(?:\\w+\\(\\s*)?(?=(?:async\\s*)?\\()`,
    )
    for (const file of files) {
      const match = pattern.exec(file.code)
      if (match) return functionAt(file, match.index + match[0].length, name)
    }
  }
  return null
}

/** Parses the function at `start`, such as `async (…) => …`, `(…) => …` or `(…) {…}`. */
export function functionAt(
  file: SourceFile,
  start: number,
  name: string | null = null,
): ContextFunction | null {
  const open = file.skipSpace(start + (/^async\b/.exec(file.code.slice(start))?.[0].length ?? 0))
  if (file.code[open] !== '(') return null
  const close = file.closing(open)
  if (close === null) return null
  const found = { file, name, start, parameters: { start: open + 1, end: close } }
  const { body, isExpression } = bodyAfter(file, close + 1)
  if (body === null) return null
  if (!isExpression) return { ...found, returned: returnedObject(file, body), expression: null }
  const inner = file.skipSpace(body + 1)
  if (file.code[body] === '(' && file.code[inner] === '{')
    return { ...found, returned: inner, expression: null }
  return { ...found, returned: null, expression: { start: body, end: expressionEnd(file, body) } }
}

/** Finds a function's body. `start` is the offset after the parameters. */
function bodyAfter(file: SourceFile, start: number): { body: number | null; isExpression: boolean } {
  let at = file.skipSpace(start)
  if (file.code[at] === ':') {
    at = file.skipSpace(at + 1)
    while (at < file.code.length && !file.code.startsWith('=>', at) && file.code[at] !== ';') {
      if (file.code[at] === '<') at = file.skipTypeArguments(at) ?? file.code.length
      else if (file.code[at] === '{') {
        const end = file.closing(at)
        const next = end === null ? '' : file.code.slice(file.skipSpace(end + 1)).slice(0, 2)
        // These braces are part of the return type only if a type operator, an arrow or the body follows.
        // Otherwise, the braces enclose the function's body.
        if (end === null || !/^(\{|=>|[|&[])/.test(next)) break
        at = end + 1
      } else at++
    }
    at = file.skipSpace(at)
  }
  if (file.code[at] === '{') return { body: at, isExpression: false }
  if (!file.code.startsWith('=>', at)) return { body: null, isExpression: false }
  const body = file.skipSpace(at + 2)
  return { body, isExpression: file.code[body] !== '{' }
}

/**
 * Returns the offset of the returned object's opening brace. Returns null unless the block's only `return`
 * returns an object literal.
 */
function returnedObject(file: SourceFile, block: number): number | null {
  const end = file.closing(block) ?? block
  const returns = file.matches(/\breturn\b\s*\(?\s*/).filter(({ index }) => index > block && index < end)
  const [only] = returns
  if (!only || returns.length > 1) return null
  const open = only.index + only[0].length
  return file.code[open] === '{' ? open : null
}

/** Returns the end of the argument or property value at `start`. */
export function expressionEnd(file: SourceFile, start: number): number {
  for (let at = start; at < file.code.length; at++) {
    const char = file.code[at] ?? ''
    if ('([{'.includes(char)) at = file.closing(at) ?? file.code.length
    else if (',;)]}'.includes(char)) return file.trim({ start, end: at }).end
  }
  return file.code.length
}
