import { UnserializableResultError } from '../contract/errors.ts'
import type { SpendLeg } from './cost.ts'
import { keyError } from './denyReserve.ts'
import type { Charge } from './holds.ts'

/** What the work spent, leg by leg, after it succeeded; `onlyCounted`: after a stream failed on its way. Nothing can be added to it afterwards. */
export function chargeOf(
  legs: SpendLeg[],
  output: unknown,
  {
    onlyCounted = false,
    ...extras
  }: { result: string | null; reference: string | null; onlyCounted?: boolean },
): Charge {
  const amounts = legs.map((leg) => {
    leg.usage.close()
    const spent = onlyCounted && !hasCounted(leg) ? { amount: 0, flagged: null } : leg.charge(output)
    return { meter: leg.meter, ...spent }
  })
  return { amounts, properties: {}, ...extras }
}

/** A fixed cost is the price of success, whatever was counted on the way. */
export const hasCounted = ({ fixed, usage }: SpendLeg) => !fixed && usage.total > 0

/**
 * A result as it is kept for retries; null when it is too large to keep. Throws `UnserializableResultError`, before anything is charged,
 * for one that could not be sent either.
 */
export function serializeResult(output: unknown, maxBytes: number): string | null {
  try {
    const json = JSON.stringify({ output })
    return Buffer.byteLength(json) <= maxBytes ? json : null
  } catch (error) {
    throw new UnserializableResultError('The result cannot be serialised as JSON', { cause: error })
  }
}

/** The stored result, or ALREADY_COMPLETED when it was not kept. */
export function replayResult(result: string | null, key: string): unknown {
  if (result === null) throw keyError({ state: 'alreadyCompleted' }, key)
  const stored: unknown = JSON.parse(result)
  return typeof stored === 'object' && stored !== null && 'output' in stored ? stored.output : undefined
}

/** The work is done: a reference that cannot be had is no reason to fail it. */
export function referenceOf<Call>(
  reference: ((call: Call) => string) | undefined,
  call: Call,
): string | null {
  try {
    const id = reference?.(call)
    return typeof id === 'string' && id !== '' ? id.slice(0, 256) : null
  } catch {
    return null
  }
}
