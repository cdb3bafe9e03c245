import { expect } from 'vitest'
import type { Label, Operate, SetBudget } from '../../../src/ledger/commands.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { attemptId } from '../../../src/metering/attemptId.ts'
import { aBudget, aLeg, anInstall, aReserve, aTakeLease, fetched, settleOf, units } from '../builders.ts'
import type { TwoNodes } from './openLedger.ts'

/** Reserves and settles `generations` units, with labels if given. Returns the attempt. */
export async function spend(ledger: Ledger, amount: number, labels?: Label[]): Promise<string> {
  const reserve = aReserve({ legs: [aLeg({ amount, labels })] })
  await ledger.execute(reserve)
  await ledger.execute(settleOf(reserve))
  return reserve.attempt
}

/** Returns the command that acknowledges the attempts' `generations` events. */
export const acknowledgeOf = (...attempts: string[]) =>
  ({
    type: 'acknowledge',
    customer: 'ada',
    events: attempts.map((attempt) => ({ attempt, meter: 'generations', priceId: null })),
  }) as const

/** Parks the attempt's `generations` event. */
export const park = (ledger: Ledger, attempt: string, reason = 'Price not found') =>
  ledger.execute({
    type: 'park',
    customer: 'ada',
    events: [{ attempt, meter: 'generations', reason, retryInMs: 3_600_000 }],
  })

/** Sets a budget for `generations`. First asks the ledger since when it needs the usage. */
export async function setBudget(ledger: Ledger, command: Partial<SetBudget> = {}) {
  const answer = await ledger.execute(aBudget(command))
  if (answer.state !== 'needsUsage') return answer
  return ledger.execute(aBudget({ ...command, usedSince: answer.since }))
}

/** Sets 1,000 budgets, as many as a customer can have, for different meters. */
export const setManyBudgets = (ledger: Ledger) =>
  Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      ledger.execute(
        aBudget({
          meter: `meter ${n}`,
          window: 'hour',
          usedSince: Date.parse('2026-11-22T12:00:00Z'),
        }),
      ),
    ),
  )

/** Returns the customer's budgets. */
export async function listBudgets(ledger: Ledger) {
  const { budgets } = await ledger.execute({ type: 'listBudgets', customer: 'ada' })
  return budgets
}

/** Builds an operator's command. */
export const anAct = (act: Operate['act'], command: Partial<Operate> = {}): Operate => ({
  type: 'operate',
  customer: 'ada',
  id: attemptId(Date.now()),
  by: 'olga',
  reason: 'The customer asked for it',
  act,
  ...command,
})

/** Delivers up to `maxEvents` waiting events. */
export async function deliver(ledger: Ledger, maxEvents = 100): Promise<void> {
  const lease = aTakeLease({ purpose: 'deliver', maxEvents })
  const taken = await ledger.execute(lease)
  if (taken.state !== 'taken') throw new Error('The lease is busy')
  await ledger.execute(acknowledgeOf(...taken.events.map((event) => event.attempt)))
  await ledger.execute({ type: 'leaveLease', customer: 'ada', token: lease.token, untaken: [] })
}

/**
 * Spends `generations` units and takes a lease to deliver them. The lease then expires, and nothing is delivered.
 * Returns the attempt and the lease's token.
 */
export async function loseDelivery({ ledger, advance }: TwoNodes, amount: number) {
  await fetched(ledger, units(10))
  const attempt = await spend(ledger, amount)
  const { token, ...lease } = aTakeLease({ purpose: 'deliver', leaseMs: 1000 })
  await ledger.execute({ ...lease, token })
  advance(1001)
  return { attempt, token }
}

/** Returns the customer's first balance. */
export const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

/** Fetches on the other node, and then checks that an install under the lost lease changes nothing. */
export async function expectLateInstallRejected(
  { ledger, other }: TwoNodes,
  lostToken: string,
): Promise<void> {
  await fetched(other, units(5))
  expect(await ledger.execute(anInstall({ token: lostToken, snapshot: units(500) }))).toEqual({
    state: 'leaseLost',
  })
  expect(await balance(ledger)).toMatchObject({ available: 5 })
}
