import { LineCounter, parseDocument } from 'yaml'
import { type PricingSetup, pricingSetup } from './pricingSetup.ts'

/** What is wrong with a pricing file, each with the line it is on. */
export class PricingError extends Error {
  constructor(
    readonly source: string,
    readonly findings: readonly { line: number | null; message: string }[],
  ) {
    super(
      findings
        .map(({ line, message }) => `${source}${line === null ? '' : `:${line}`}: ${message}`)
        .join('\n'),
    )
  }
}

/**
 * Reads a pricing file, YAML or JSON (which is YAML too), in Flowglad's setup format.
 * @param source what to call the file in errors
 * @throws PricingError naming the lines
 */
export function parsePricing(text: string, source = 'pricing'): PricingSetup {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0)
    throw new PricingError(
      source,
      document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        message: error.message.split('\n')[0] ?? '',
      })),
    )
  const parsed = pricingSetup.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  throw new PricingError(
    source,
    parsed.error.issues.map((issue) => ({
      line: lineOf(issue.path),
      message: `${issue.path.join('.')}: ${issue.message}`,
    })),
  )

  /** The line of the deepest node on the path that is there. */
  function lineOf(path: readonly PropertyKey[]): number | null {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
        return lines.linePos(Number(node.range[0])).line
    }
    return null
  }
}
