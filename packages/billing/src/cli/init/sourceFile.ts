import { maskCode } from './maskCode.ts'

/** A range of a file's text. `end` is the offset after the range's last character. */
export interface Range {
  start: number
  end: number
}

const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}' }

/**
 * One of the app's source files. `code` is the text with the content of strings, comments and regular
 * expressions replaced by spaces, so offsets are the same in both.
 */
export class SourceFile {
  readonly path: string
  readonly text: string
  readonly code: string
  /**
   * The extension in the file's relative imports, such as `.js` or `.ts`, or an empty string if the imports
   * have no extension.
   */
  readonly extensionStyle: string

  constructor(path: string, text: string, defaultExtension = '') {
    this.path = path
    this.text = text
    this.code = maskCode(text)
    this.extensionStyle = extensionStyleOf(text) ?? defaultExtension
  }

  /**
   * Returns the offset of the bracket that closes the bracket at `open`, or null if the brackets don't match.
   */
  closing(open: number): number | null {
    const expected: string[] = []
    for (let at = open; at < this.code.length; at++) {
      const char = this.code[at] ?? ''
      const closer = closers[char]
      if (closer) expected.push(closer)
      else if (char === ')' || char === ']' || char === '}') {
        if (expected.pop() !== char) return null
        if (expected.length === 0) return at
      }
    }
    return null
  }

  /** Returns the comma-separated items in the brackets at `open`, without surrounding white space. */
  items(open: number): Range[] {
    const close = this.closing(open)
    if (close === null) return []
    const items: Range[] = []
    let start = open + 1
    for (let at = open + 1; at <= close; at++) {
      const char = this.code[at] ?? ''
      if (closers[char]) at = this.closing(at) ?? close
      else if (char === ',' || at === close) {
        const item = this.trim({ start, end: at })
        if (item.end > item.start) items.push(item)
        start = at + 1
      }
    }
    return items
  }

  /** Returns the range of a property in the object literal at `open`, or null if the property is missing. */
  property(open: number, name: string): Range | null {
    const pattern = new RegExp(`^(?:async\\s+)?${name}\\s*(?:[:(]|$)`)
    return this.items(open).find((item) => pattern.test(this.codeIn(item))) ?? null
  }

  /** Returns the offset of the next character that isn't white space. */
  skipSpace(at: number): number {
    let next = at
    while (/\s/.test(this.code[next] ?? '')) next++
    return next
  }

  /** Returns the offset after the type arguments at `open`, or null if they aren't closed. */
  skipTypeArguments(open: number): number | null {
    let depth = 0
    for (let at = open; at < this.code.length; at++) {
      if (this.code[at] === '<') depth++
      else if (this.code[at] === '>' && this.code[at - 1] !== '=' && --depth === 0) return at + 1
    }
    return null
  }

  /** Returns the offset after the statement that contains `from`. The semicolon is part of the statement. */
  statementEnd(from: number): number {
    for (let at = from; at < this.code.length; at++) {
      const char = this.code[at] ?? ''
      if (closers[char]) at = this.closing(at) ?? this.code.length
      else if (char === ';') return at + 1
      else if (char === '\n' && this.#endsStatement(at)) return at
    }
    return this.code.length
  }

  #endsStatement(newline: number): boolean {
    const before = this.code.slice(0, newline).trimEnd().at(-1) ?? ''
    const after = this.code[this.skipSpace(newline)] ?? ''
    return !'=,(.:?&|+<'.includes(before) && !'.,)?:&|+='.includes(after || ';')
  }

  /** Returns all matches in `code`. */
  matches(pattern: RegExp): RegExpExecArray[] {
    return [...this.code.matchAll(new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`))]
  }

  /**
   * Returns the ranges to remove so that the file no longer imports the name. Returns an empty list if the
   * name is also used outside `use`.
   */
  withoutImport(name: string, use: Range): Range[] {
    const word = new RegExp(`\\b${name}\\b`)
    const [imported, ...uses] = this.matches(word).map(({ index }) => index)
    if (imported === undefined || uses.some((at) => at < use.start || at >= use.end)) return []
    const open = this.code.lastIndexOf('{', imported)
    const start = this.code.lastIndexOf('import', open)
    const items = this.items(open)
    const own = items.findIndex((item) => this.codeIn(item) === name)
    const item = items[own]
    if (!item || !/^import\s*$/.test(this.code.slice(start, open))) return []
    const [before, after] = [items[own - 1], items[own + 1]]
    if (after) return [{ start: item.start, end: after.start }]
    if (before) return [{ start: before.end, end: item.end }]
    return [{ start, end: this.code.indexOf('\n', open) + 1 }]
  }

  codeIn({ start, end }: Range): string {
    return this.code.slice(start, end)
  }

  textIn({ start, end }: Range): string {
    return this.text.slice(start, end)
  }

  /** Returns the indentation of the line that contains `at`. */
  indentOf(at: number): string {
    const line = this.text.slice(this.text.lastIndexOf('\n', at - 1) + 1)
    return /^[ \t]*/.exec(line)?.[0] ?? ''
  }

  /** Returns whether the file ends its statements with semicolons. */
  get usesSemicolons(): boolean {
    return this.matches(/;[ \t]*$/m).length * 2 > this.matches(/^import\b|^(?:export )?const\b/m).length
  }

  /** Returns the quotation mark in the file's first import. */
  get quote(): string {
    return /(?:from|import)\s*(["'])/.exec(this.text)?.[1] ?? "'"
  }

  trim({ start, end }: Range): Range {
    const code = this.code.slice(start, end)
    return {
      start: start + code.length - code.trimStart().length,
      end: end - code.length + code.trimEnd().length,
    }
  }
}

/** Returns the extension in the text's first relative import, or null if there is none. */
export function extensionStyleOf(text: string): string | null {
  const module = /\bfrom\s*["']\.\.?\/[^"']*?(\.[cm]?[jt]s)?["']/.exec(text)
  return module && (module[1] ?? '')
}
