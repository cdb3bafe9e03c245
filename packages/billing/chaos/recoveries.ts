import { groupBy } from '../src/flowglad/groupBy.ts'
import type { Call } from './calls/call.ts'
import { faultName } from './faults/fault.ts'
import type { PastFault } from './runChaos.ts'

/** How long calls needed to succeed again after a kind of fault had ended. */
export interface Recovery {
  fault: string
  times: number
  medianMs: number
  slowestMs: number
}

/**
 * Returns the recovery time of each kind of fault: from the fault's end to the first answered call that began after it,
 * on the node that the fault affected.
 */
export function recoveries(past: PastFault[], calls: Call[]): Recovery[] {
  const answered = calls
    .flatMap(({ answers }) => answers)
    .filter(({ state }) => state === 'answered')
    .sort((a, b) => a.until - b.until)
  return [...groupBy(past, ({ fault }) => faultName(fault))].flatMap(([fault, faults]) => {
    const durations = faults
      .flatMap(({ fault, endedAt }) => {
        const next = answered.find(
          ({ node, from }) => from >= endedAt && (!('node' in fault) || node === fault.node),
        )
        return next ? [next.until - endedAt] : []
      })
      .sort((a, b) => a - b)
    const medianMs = durations[Math.floor(durations.length / 2)]
    const slowestMs = durations.at(-1)
    if (medianMs === undefined || slowestMs === undefined) return []
    return [{ fault, times: faults.length, medianMs, slowestMs }]
  })
}
