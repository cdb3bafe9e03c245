/** A slash after one of these characters, or after `return`, starts a regular expression. */
const beforeRegExp = /(?:^|[([{},;:=!&|?+\-*%~^<>]|\breturn)\s*$/

/**
 * Returns the source code with the content of strings, comments and regular expressions replaced by spaces.
 * Offsets stay the same, so a match in the result has the same offset in the original.
 */
export function maskCode(text: string): string {
  const result = text.split('')
  /** For each open `${`, the number of unclosed braces inside it. */
  const templates: number[] = []
  let at = 0

  const blank = (from: number, to: number) => {
    for (let index = from; index < to; index++) if (text[index] !== '\n') result[index] = ' '
  }
  /** Advances past the template literal's closing backtick or its next `${`. */
  const readTemplate = () => {
    const start = at
    while (at < text.length && text[at] !== '`' && !text.startsWith('${', at)) at += text[at] === '\\' ? 2 : 1
    blank(start, Math.min(at, text.length))
    if (text[at] === '`') at++
    else {
      templates.push(0)
      at += 2
    }
  }

  while (at < text.length) {
    const char = text[at]
    const depth = templates.at(-1)
    if (text.startsWith('//', at) || text.startsWith('/*', at)) {
      const end = text[at + 1] === '/' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2
      const to = end < at + 2 ? text.length : end
      blank(at, to)
      at = to
    } else if (char === '"' || char === "'") {
      const end = stringEnd(text, at, char)
      blank(at + 1, end)
      at = end + 1
    } else if (char === '/' && beforeRegExp.test(result.slice(Math.max(0, at - 20), at).join(''))) {
      const end = regExpEnd(text, at)
      blank(at + 1, end)
      at = end + 1
    } else if (char === '`') {
      at++
      readTemplate()
    } else if (char === '}' && depth === 0) {
      templates.pop()
      at++
      readTemplate()
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
      at++
    }
  }
  return result.join('')
}

/**
 * Returns the offset of the closing quote. If there is no closing quote, returns the end of the line: the
 * quote may be an apostrophe in JSX text.
 */
function stringEnd(text: string, open: number, quote: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at
    else if (text[at] === '\n') return at
  }
  return text.length
}

/** Returns the offset of the closing slash, or `open` if the line has no closing slash. */
function regExpEnd(text: string, open: number): number {
  let inClass = false
  for (let at = open + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    else if (text[at] === '/' && !inClass) return at
  }
  return open
}
