import { groupBy } from '../src/flowglad/groupBy.ts'
import type { Answer, Call } from './calls/call.ts'
import { faultName } from './faults/fault.ts'
import type { PastFault } from './runChaos.ts'

/** How long a node needed to work again after a kind of fault had ended. */
export interface Recovery {
  fault: string
  times: number
  /** The faults after which the node worked again before the next fault began. Only these are measured. */
  measured: number
  medianMs: number | null
  slowestMs: number | null
}

/**
 * Returns the recovery time of each kind of fault: from the fault's end to the first answer that a working node gives to
 * a call that began after it, on the node that the fault affected. If another fault affects the node in the meantime, the
 * time would be that fault's, so it isn't measured.
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

/** The ledger has decided the call. A call that ends in another way shows neither that the node works nor that it doesn't. */
const isWorking = (answer: Answer) =>
  answer.state === 'answered' ||
  answer.state === 'failed' ||
  (answer.state === 'denied' && answer.code === 'INSUFFICIENT_CREDITS')
