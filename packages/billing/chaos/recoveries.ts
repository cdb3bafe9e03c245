import { groupBy } from '../src/ledger/groupBy.ts'
import type { Answer, Call } from './calls/call.ts'
import { faultName } from './faults/fault.ts'
import type { PastFault } from './runChaos.ts'

/** The recovery times after one kind of fault. */
export interface Recovery {
  fault: string
  times: number
  /**
   * The number of measured recoveries. A recovery isn't measured if another fault affects the node before it has
   * recovered.
   */
  measured: number
  medianMs: number | null
  slowestMs: number | null
}

/**
 * Returns the recovery times after each kind of fault. A recovery lasts from the end of the fault until an affected
 * node answers a call that began after the fault. If another fault affects the node before this answer, the
 * recovery isn't measured, because the time would include the other fault.
 */
export function recoveries(past: PastFault[], calls: Call[]): Recovery[] {
  const answers = calls
    .flatMap(({ answers }) => answers)
    .filter(isWorking)
    .sort((a, b) => a.until - b.until)
  return [...groupBy(past, ({ fault }) => faultName(fault))].map(([fault, faults]) => {
    const durations = faults
      .flatMap((ended) => {
        const next = answers.find(({ node, from }) => from >= ended.endedAt && affects(ended, node))
        const isMeasured =
          next &&
          past.every(
            (other) =>
              !affects(other, next.node) || other.endedAt <= ended.endedAt || other.startedAt > next.until,
          )
        return isMeasured ? [next.until - ended.endedAt] : []
      })
      .sort((a, b) => a - b)
    return {
      fault,
      times: faults.length,
      measured: durations.length,
      medianMs: durations[Math.floor(durations.length / 2)] ?? null,
      slowestMs: durations.at(-1) ?? null,
    }
  })
}

const affects = ({ fault }: PastFault, node: number) => !('node' in fault) || fault.node === node

/** Returns whether the answer shows that the node and its ledger work. */
const isWorking = (answer: Answer) =>
  answer.state === 'answered' ||
  answer.state === 'failed' ||
  (answer.state === 'denied' && answer.code === 'INSUFFICIENT_CREDITS')
