import { hasCounted, type MeteredLeg } from './cost.ts'

/** The values that settle a hold: the actual amount of each leg, and the data stored with it. */
export interface Settlement {
  amounts: { meter: string; amount: number; flagged: string | null }[]
  /** The JSON that a retry under the key gets. */
  result: string | null
  reference: string | null
}

/**
 * Returns the actual amounts. From here on, nothing can be added to the usage.
 * With `onlyCounted`, after a stream failed, a leg whose work counted nothing costs nothing.
 */
export function settlementOf(
  legs: MeteredLeg[],
  output: unknown,
  {
    onlyCounted = false,
    ...stored
  }: { result: string | null; reference: string | null; onlyCounted?: boolean },
): Settlement {
  const amounts = legs.map((leg) => {
    leg.usage.close()
    const actual = onlyCounted && !hasCounted(leg) ? { amount: 0, flagged: null } : leg.actual(output)
    return { meter: leg.meter, ...actual }
  })
  return { amounts, ...stored }
}

/** Returns the output's id, or null. The work has succeeded, so a failing callback must not fail it. */
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
