import { expect } from 'vitest'
import type { ReserveAnswer } from '../../../src/ledger/answers.ts'
import type { Reserve } from '../../../src/ledger/commands.ts'
import type { CheckedLedger } from './CheckedLedger.ts'
import { freeGrants, meters } from './world.ts'

/**
 * Checks the model's answer against the truth at Flowglad: the answer must neither oversell nor falsely deny.
 * `CheckedLedger` compares the ledger's answer with the model's answer.
 */
export function checkTruth(ledger: CheckedLedger, command: Reserve, answer: ReserveAnswer): void {
  for (const meter of meters) {
    const leg = command.legs.find((it) => it.meter === meter)
    if (!leg) continue
    if (ledger.model.allowed(command.pastDue) === 'free') {
      checkFreeGrant(ledger, answer, meter)
      continue
    }
    if (leg.unlimitedBy !== null || leg.overageWith !== null) continue
    checkNotOversold(ledger, command, answer, meter)
    checkNotFalselyDenied(ledger, answer, meter)
  }
}

type Meter = (typeof meters)[number]

/** Checks that the ledger waives only unlimited usage and spent credits, so the customer pays for all other usage. */
export function checkWaived({ model }: CheckedLedger): void {
  for (const [name, { waived, waivedCredits }] of model.accounts) {
    const unlimited = [...model.events.values()].filter(
      (event) => `${event.subscription}/${event.meter}` === name && 'priceSlug' in event.price,
    )
    expect(waived - waivedCredits, 'waived too much').toBeLessThanOrEqual(unitsOf(unlimited))
  }
}

function checkNotOversold(ledger: CheckedLedger, command: Reserve, answer: ReserveAnswer, meter: Meter) {
  if (answer.state !== 'held' || answer.outdated || !ledger.model.holds.has(command.attempt)) return
  // The ledger's clock may have stepped backward, but Flowglad's clock hasn't. If Flowglad has already started a
  // new period, its credits can't be compared with an answer for the old period.
  const { periodStart } = ledger.world.subscriptions.find((it) => it.id === answer.subscription) ?? {}
  if (periodStart !== ledger.model.snapshot?.subscription?.periodStart) return
  // Add the waived units and the operators' adjustments, because Flowglad's credits don't include them.
  const { waived, adjusted } = ledger.model.account(answer.subscription, meter)
  expect(left(ledger, answer.subscription, meter) + waived + adjusted, 'oversold').toBeGreaterThanOrEqual(0)
}

/** Checks that all calls in an unpaid period use at most the default plan's grant. */
function checkFreeGrant({ model }: CheckedLedger, answer: ReserveAnswer, meter: Meter) {
  if (answer.state !== 'held') return
  const period = model.freePeriod()
  const inPeriod = ({ attempt }: { attempt: string }) => model.freeAttempts.get(attempt) === period
  const holding = [...model.holds.values()].filter((hold) => inPeriod(hold) && !hold.returned)
  const held = holding.flatMap(({ legs }) => legs)
  const booked = model.booked(answer.subscription, meter).filter(({ state }) => state !== 'dropped')
  const units = unitsOf(held.filter((leg) => leg.meter === meter)) + unitsOf(booked.filter(inPeriod))
  expect(units, 'more than the free grant').toBeLessThanOrEqual(freeGrants[meter] ?? 0)
}

function checkNotFalselyDenied(ledger: CheckedLedger, answer: ReserveAnswer, meter: Meter) {
  const { model, changes, changesSeen } = ledger
  if (answer.state !== 'short' || changesSeen !== changes) return
  const short = answer.legs.find((it) => it.meter === meter)
  const subscription = model.snapshot?.subscription?.id
  if (!short || subscription === undefined || short.available + short.ambiguous >= short.required) return
  const dropped = model.booked(subscription, meter).filter((event) => event.state === 'dropped')
  const { waived, adjusted } = model.account(subscription, meter)
  const spendable = left(ledger, subscription, meter) - unitsOf(dropped) + waived + adjusted
  expect(spendable, 'falsely denied').toBeLessThan(short.required)
}

/**
 * Returns Flowglad's credits minus all spent and held units. Undelivered events count as spent, but dropped events
 * don't.
 */
function left({ model, world }: CheckedLedger, subscription: string, meter: Meter): number {
  const credits = world.subscriptions.find((it) => it.id === subscription)?.credits[meter] ?? 0
  const spent = model.booked(subscription, meter).filter((event) => event.state !== 'dropped')
  return credits - unitsOf(spent) - model.held(subscription, meter)
}

const unitsOf = (events: { amount: number }[]) => events.reduce((units, event) => units + event.amount, 0)
