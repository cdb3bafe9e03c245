import type { OperateAnswer, Refusal } from '../answers.ts'
import type { Operate } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { noChargePriceSlug } from '../noChargePriceSlug.ts'
import { actId, refundId } from './actId.ts'
import { available } from './available.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'
import type { AccountRow, ActState, EventRow, HoldRow } from './rows.ts'
import { dropEvent, isParked } from './usageEvents.ts'

/**
 * Performs an operator's act, and records it with the state before and after. Doesn't repeat an act that is already
 * recorded.
 */
export function operate(draft: Draft, command: Operate, settings: LedgerSettings): OperateAnswer {
  const id = actId(command)
  const existing = draft.act(id)
  if (existing) return { state: 'repeated', act: existing }
  const plan = planOf(draft, command.act, settings)
  if ('why' in plan) return { state: 'refused', why: plan.why }
  const before = plan.state()
  plan.change()
  const { customer, by, reason, act } = command
  const row = { customer, id, at: draft.now, by, reason, act: { ...act }, before, after: plan.state() }
  draft.addAct(row)
  return { state: 'done', act: row }
}

/** An act that has passed all checks. */
interface Plan {
  /** Returns the part of the ledger that the act concerns. */
  state(): ActState
  change(): void
}

function planOf(draft: Draft, act: Operate['act'], settings: LedgerSettings): Plan | { why: Refusal } {
  switch (act.type) {
    case 'retry':
    case 'drop': {
      const event = draft.event(act.attempt, act.meter)
      if (!event) return { why: 'noEvent' }
      // An event can be dropped during a retry. If Flowglad then accepts the event, the units count as spent again.
      if (act.type === 'retry' ? event.state !== 'parked' : !isParked(event)) return { why: 'notParked' }
      return {
        state: () => ({ event: eventState(event), accounts: [accountState(draft, event)] }),
        change: () =>
          act.type === 'drop'
            ? dropOnce(draft, event, settings)
            : draft.writeEvent(event, { retryAt: draft.now }),
      }
    }
    case 'release': {
      const hold = draft.hold(act.attempt)
      if (hold?.state !== 'held') return { why: 'noHold' }
      const accounts = () =>
        hold.legs.map(({ meter }) => accountState(draft, { subscription: hold.subscription, meter }))
      return {
        state: () => ({ hold: openHold(draft.hold(act.attempt)), accounts: accounts() }),
        change: () => endHold(draft, hold, 'released', settings),
      }
    }
    case 'adjust': {
      const account = currentAccount(draft, act.meter)
      if (!account) return { why: 'noBalance' }
      if (account.limit + account.adjusted + act.amount < 0) return { why: 'aboveLimit' }
      return adjustment(draft, account, act.amount)
    }
    case 'refund': {
      const event = draft.event(act.attempt, act.meter)
      if (!event) return { why: 'noEvent' }
      if (event.state === 'dropped') return { why: 'dropped' }
      const { price } = event
      if ('priceSlug' in price && price.priceSlug === noChargePriceSlug(act.meter))
        return { why: 'unlimited' }
      const account = currentAccount(draft, act.meter)
      return account ? adjustment(draft, account, event.amount) : { why: 'noBalance' }
    }
    default:
      return act satisfies never
  }
}

/**
 * Drops the event. If the charge was refunded, reverses the refund, so that the customer doesn't get the
 * units twice.
 */
function dropOnce(draft: Draft, event: EventRow, settings: LedgerSettings): void {
  dropEvent(draft, event, settings)
  const account = draft.act(refundId(event)) && currentAccount(draft, event.meter)
  if (!account) return
  // The refund ends with its period, so `adjusted` may no longer contain it. Subtract at most `adjusted`.
  const credit = Math.min(event.amount, Math.max(0, account.adjusted))
  draft.writeAccount(account, { adjusted: account.adjusted - credit })
}

/**
 * Returns the meter's account of the current subscription, or undefined if no snapshot has reported the
 * account's balance.
 */
const currentAccount = (draft: Draft, meter: string): AccountRow | undefined =>
  draft
    .accounts()
    .find((it) => it.subscription === draft.row.subscription && it.meter === meter && it.period !== '')

const adjustment = (draft: Draft, account: AccountRow, amount: number): Plan => ({
  state: () => ({ accounts: [accountState(draft, account)] }),
  change: () => draft.writeAccount(account, { adjusted: account.adjusted + amount }),
})

const eventState = ({ state, reason, retryAt }: EventRow) => ({ state, reason, retryAt })

function openHold(hold: HoldRow | undefined) {
  if (!hold) return null
  const { startedAt, expiresAt, legs } = hold
  return { startedAt, expiresAt, legs: legs.map(({ meter, amount }) => ({ meter, amount })) }
}

function accountState(draft: Draft, { subscription, meter }: Pick<AccountRow, 'subscription' | 'meter'>) {
  const account = draft.account(subscription, meter)
  const { held, booked, dropped, parked, adjusted } = account
  return { meter, available: available(account), held, booked, dropped, parked, adjusted }
}
