import type { CostBasis, MeteredLeg } from './cost.ts'

/** The values that settle a hold: each leg's actual amount, and the data to store with the charge. */
export interface Settlement {
  amounts: { meter: string; amount: number; flagged: string | null }[]
  /** The result as JSON, stored for retries under the key. */
  result: string | null
  reference: string | null
}

/** Returns the actual amounts and closes the usage counters, so that no more usage can be added. */
export function settlementOf(
  legs: MeteredLeg[],
  output: unknown,
  { basis, ...stored }: { basis: CostBasis; result: string | null; reference: string | null },
): Settlement {
  const amounts = legs.map((leg) => {
    leg.usage.close()
    return { meter: leg.meter, ...leg.actual(output, basis) }
  })
  return { amounts, ...stored }
}

/**
 * Returns the ID from the output, or null. The work has succeeded, so a failing callback must not make the
 * call fail.
 */
export function referenceOf<Output>(
  reference: ((output: Output) => string) | undefined,
  output: Output,
): string | null {
  try {
    const id = reference?.(output)
    return typeof id === 'string' && id !== '' ? id.slice(0, 256) : null
  } catch {
    return null
  }
}
