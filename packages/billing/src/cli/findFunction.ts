import type { Range, SourceFile } from './sourceFile.ts'

/** A function that creates the context. */
export interface ContextFunction {
  file: SourceFile
  name: string | null
  /** The content of the parameter's brackets. */
  parameters: Range
  /** The brace of the object that the function returns, or null. */
  returned: number | null
  /** The expression that an arrow function returns without braces, or null. */
  expression: Range | null
  /** The start of the function's text, where `async` belongs. */
  start: number
}

/** Finds the definition of the first of these functions that a file defines. */
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

/** Reads a function whose text starts at `start`: `async (…) => …`, `(…) => …`, or `(…) {…}`. */
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

/** Finds the body after a function's parameters and its return type. */
function bodyAfter(file: SourceFile, start: number): { body: number | null; isExpression: boolean } {
  let at = file.skipSpace(start)
  if (file.code[at] === ':') {
    at = file.skipSpace(at + 1)
    while (at < file.code.length && !file.code.startsWith('=>', at) && file.code[at] !== ';') {
      if (file.code[at] === '<') at = file.skipTypeArguments(at) ?? file.code.length
      else if (file.code[at] === '{') {
        const end = file.closing(at)
        const next = end === null ? '' : file.code.slice(file.skipSpace(end + 1)).slice(0, 2)
        // A brace that no type or arrow follows is the body.
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

/** Returns the brace of the returned object, if the block returns once and returns an object. */
function returnedObject(file: SourceFile, block: number): number | null {
  const end = file.closing(block) ?? block
  const returns = file.matches(/\breturn\b\s*\(?\s*/).filter(({ index }) => index > block && index < end)
  const [only] = returns
  if (!only || returns.length > 1) return null
  const open = only.index + only[0].length
  return file.code[open] === '{' ? open : null
}

/** Returns the end of an expression that is an argument or a property. */
function expressionEnd(file: SourceFile, start: number): number {
  for (let at = start; at < file.code.length; at++) {
    const char = file.code[at] ?? ''
    if ('([{'.includes(char)) at = file.closing(at) ?? file.code.length
    else if (',;)]}'.includes(char)) return file.trim({ start, end: at }).end
  }
  return file.code.length
}
