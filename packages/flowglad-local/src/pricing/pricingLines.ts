import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import { PricingError } from './PricingError.ts'
import type { Path } from './schemaFindings.ts'

/**
 * Reads a pricing file as YAML. JSON is also valid YAML.
 * @returns the file's value, and a function that returns the line of a field
 * @throws PricingError with the line of each mistake
 */
export function readYaml(
  text: string,
  source: string,
): { value: unknown; lineAt(path: Path): number | null } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0)
    throw new PricingError(
      source,
      document.errors.map(({ pos, code, message }) => ({
        line: lines.linePos(pos[0]).line,
        message:
          code === 'MULTIPLE_DOCS'
            ? 'a pricing file must contain one document, but a second document starts here'
            : code === 'DUPLICATE_KEY'
              ? `${/[^\s:]+/.exec(text.slice(pos[0]))?.[0]}: is given twice`
              : (message.split(/ at line |\n/)[0] ?? ''),
      })),
    )
  return {
    value: readValue(document, lines, source),
    lineAt: (path) => lineOf(document, lines, path),
  }
}

/** Returns the document's value. Throws if an alias has no anchor, or if there are too many aliases. */
function readValue(document: Document, lines: LineCounter, source: string): unknown {
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document))
        throw new PricingError(source, [
          {
            line: lines.linePos(alias.range?.[0] ?? 0).line,
            message: `there is no anchor &${alias.source} before this alias`,
          },
        ])
    },
  })
  try {
    return document.toJS()
  } catch (error) {
    throw new PricingError(source, [
      { line: null, message: error instanceof Error ? error.message : String(error) },
    ])
  }
}

/**
 * Returns the line of a field's key or of a list's entry. If the field is absent, returns the line of the
 * group that should contain it. Follows an alias to its anchor, because the mistake is there.
 */
function lineOf(document: Document, lines: LineCounter, path: Path): number | null {
  let node: unknown = document.contents
  let at = rangeStart(node)
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => String(isScalar(item.key) ? item.key.value : item.key) === String(key),
      )
      if (!pair) break
      at = rangeStart(pair.key) ?? at
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      at = rangeStart(node) ?? at
    } else break
  }
  return at === null ? null : lines.linePos(at).line
}

const rangeStart = (node: unknown): number | null =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : null
