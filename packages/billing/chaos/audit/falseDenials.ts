import { groupBy } from '../../src/ledger/groupBy.ts'
import { type Answer, type Call, meterOf } from '../calls/call.ts'
import type { DeliveredEvent } from './readFlowglad.ts'

/** How long a call can hold units after its last answer, for example because its node was killed. */
const maxHeldMs = 30_000

/** Returns the calls that were denied for lack of units while enough units were left. */
export function falseDenials({
  calls,
  flowglad,
  granted,
}: {
  calls: Call[]
  flowglad: DeliveredEvent[]
  granted: number
}): string[] {
  const billed = new Map(
    [...groupBy(flowglad, ({ operation }) => operation)].map(([operation, events]) => [
      operation,
      events.reduce((total, { amount }) => total + amount, 0),
    ]),
  )
  const accounts = groupBy(calls, (call) => `${call.customer} ${meterOf(call)}`)
  return [...accounts].flatMap(([account, all]) =>
    all.flatMap((denied) =>
      denied.answers.filter(isShort).flatMap((denial) => {
        // The most units that the other calls can have used or held when the call was denied.
        const taken = all
          .filter((call) => call !== denied)
          .reduce((total, call) => total + mostTaken(call, billed.get(call.operation) ?? 0, denial), 0)
        return granted - taken >= denied.hold
          ? [
              `${denied.operation} (${account}, holds ${denied.hold}) was denied by node ${denial.node} at ${denial.until} ms, but other calls had taken at most ${taken} of ${granted}`,
            ]
          : []
      }),
    ),
  )
}

const isShort = (answer: Answer) => answer.state === 'denied' && answer.code === 'INSUFFICIENT_CREDITS'

function mostTaken({ answers, hold, startedAt }: Call, billed: number, denial: Answer): number {
  if (startedAt > denial.until) return 0
  // A call that was answered before the denial holds nothing, because its hold ended before the answer.
  if (answers.every(({ state, until }) => state === 'answered' && until < denial.from)) return billed
  const endedAt = Math.max(...answers.map(({ until }) => until))
  const mayHold = endedAt + maxHeldMs >= denial.from && !answers.every(isShort)
  return mayHold ? Math.max(billed, hold) : billed
}
