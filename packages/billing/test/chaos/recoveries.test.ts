import { expect, test } from 'vitest'
import type { Answer, Call } from '../../chaos/calls/call.ts'
import { recoveries } from '../../chaos/recoveries.ts'
import type { PastFault } from '../../chaos/runChaos.ts'

const aKill = (node: number, startedAt: number, endedAt: number): PastFault => ({
  fault: { kind: 'kill node', node, forMs: endedAt - startedAt },
  startedAt,
  endedAt,
})
const aCall = (answer: Answer): Call => ({
  operation: 'a',
  customer: 'ada',
  kind: 'fixed',
  amount: 1,
  hold: 1,
  workMs: 0,
  key: null,
  startedAt: answer.from,
  answers: [answer],
})
const answered = (node: number, from: number, until: number) =>
  aCall({ state: 'answered', attempt: 'a', node, from, until })

test('measures the time from a fault’s end to the affected node’s first response', () => {
  const calls = [
    answered(1, 110, 120),
    aCall({ state: 'denied', code: 'BILLING_UNAVAILABLE', node: 0, from: 110, until: 130 }),
    answered(0, 90, 140),
    answered(0, 150, 170),
  ]
  expect(recoveries([aKill(0, 50, 100)], calls)).toEqual([
    { fault: 'kill node', times: 1, measured: 1, medianMs: 70, slowestMs: 70 },
  ])
})

test('doesn’t measure a recovery that another fault on the same node interrupts', () => {
  const calls = [answered(0, 150, 170), answered(1, 150, 170)]
  expect(recoveries([aKill(0, 50, 100), aKill(0, 120, 130), aKill(1, 120, 160)], calls)).toEqual([
    { fault: 'kill node', times: 3, measured: 1, medianMs: 40, slowestMs: 40 },
  ])
})
