/** The mistakes in a pricing file, with their line numbers. */
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
