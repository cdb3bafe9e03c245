import { z } from 'zod'
import type { AlertBudget } from '../../contract/alerts.ts'
import type { BudgetScope } from '../../contract/budgets.ts'
import * as fields from '../../ledger/fields.ts'
import type { DeniedCalls, Hold } from '../../ledger/reads.ts'
import { type CustomerReport, createOperator, reported } from '../../operator/createOperator.ts'
import { CommandError, defineCommand } from '../command.ts'
import { section, time } from '../formatting.ts'
import { openLedger } from '../openLedger.ts'

export const customer = defineCommand({
  name: 'customer',
  summary: "shows a customer's balances, budgets, alerts, holds, denials, charges and events",
  arguments: ['id'],
  options: ['ledger', 'json'],
  details: `Shows a customer's plan, balances and budgets, the last ${reported.alerts} alerts, the holds of running work, the calls
denied in the last day and why, the last ${reported.charges} charges, and up to ${reported.events} usage events that Flowglad hasn't acknowledged.
<id> is your own ID for the customer. A server writes new denials about once a second. Denials are counted
by the hour, so a count can include up to one hour before the last day.`,
  input: z.object({ id: fields.customer, ledger: z.string().optional() }),
  async run({ id, ...options }, context) {
    await using ledger = await openLedger(options, context)
    const found = await createOperator({ ledger }).customer(id)
    if (!found) throw new CommandError(`The ledger has no customer ${id}. Check the ID.`)
    return { text: describe(found), json: found }
  },
})

function describe({
  customer: id,
  snapshot,
  balances,
  budgets,
  alerts,
  holds,
  denials,
  charges,
  events,
}: CustomerReport): string {
  return [
    `Customer ${id}\n`,
    `${describeSnapshot(snapshot)}\n`,
    section(
      'Balances',
      ['meter', 'available', 'held', 'used', 'limit', 'adjusted', 'parked events'],
      balances.map((it) => [it.meter, it.available, it.held, it.used, it.limit, it.adjusted, it.parked]),
    ),
    section(
      'Budgets',
      ['source', 'meter', 'scope', 'window', 'time zone', 'mode', 'limit', 'used', 'held', 'resets'],
      budgets.map((it) => [
        it.source,
        it.meter,
        scopeName(it.scope) ?? 'all',
        it.window,
        it.timeZone ?? '',
        it.mode,
        it.limit,
        it.used,
        it.held,
        timeOrNone(it.resetsAt),
      ]),
    ),
    section(
      'Alerts',
      ['time', 'meter', 'threshold', 'used', 'limit', 'budget'],
      alerts.map((it) => [
        time(it.at),
        it.meter,
        `${it.threshold}%`,
        it.used,
        it.limit,
        it.budget ? budgetName(it.budget) : 'none (the plan)',
      ]),
    ),
    section(
      'Holds',
      ['attempt', 'procedure', 'units', 'expires'],
      holds.map((it) => [it.attempt, it.procedure, units(it), time(it.expiresAt)]),
    ),
    section(
      'Denials in the last day',
      ['calls', 'procedure', 'denial', 'reason', 'last'],
      denials.map((it) => [it.count, it.procedure, it.code, reasonOf(it), time(it.lastAt)]),
    ),
    section(
      'Undelivered events',
      ['time', 'attempt', 'meter', 'units', 'state', 'procedure', 'retry', 'reason'],
      events.map((it) => [
        time(it.at),
        it.attempt,
        it.meter,
        it.amount,
        it.state,
        it.procedure,
        timeOrNone(it.retryAt),
        it.reason ?? '',
      ]),
    ),
    section(
      'Last charges',
      ['time', 'attempt', 'meter', 'units', 'state', 'procedure', 'refunded'],
      charges.map((it) => [
        time(it.at),
        it.transactionId,
        it.meter,
        it.amount,
        it.state,
        it.procedure,
        timeOrNone(it.refundedAt),
      ]),
    ),
  ].join('')
}

function describeSnapshot(snapshot: CustomerReport['snapshot']): string {
  if (!snapshot) return 'No snapshot: this customer has not been fetched from Flowglad yet.'
  const { subscription, asOf, ageMs, outdated, pastDue } = snapshot
  const plan = subscription ? `${subscription.planName} (${subscription.id}, ${subscription.status})` : 'none'
  const notes = [outdated ? 'outdated' : '', pastDue ? 'past due' : ''].filter((it) => it !== '')
  return `Plan: ${[plan, ...notes].join(', ')}. Snapshot: ${time(asOf)}, ${Math.round(ageMs / 1000)} s old.`
}

function reasonOf({ meter, feature, required, available }: DeniedCalls): string {
  if (feature !== null) return `the plan lacks ${feature}`
  if (meter === null) return ''
  return required === null || available === null
    ? meter
    : `${meter}: needed ${required}, available ${available}`
}

const timeOrNone = (at: number | null) => (at === null ? '' : time(at))

const units = ({ legs, counted }: Hold): string =>
  legs
    .map(({ meter, amount }) => {
      const count = counted.find((it) => it.meter === meter)
      return count ? `${meter} ${amount} (counted ${count.amount})` : `${meter} ${amount}`
    })
    .join(', ')

/** Returns the label that a budget applies to, such as `member=user_1`, or null if it applies to all calls. */
const scopeName = (scope: BudgetScope | null): string | null => scope && `${scope.dimension}=${scope.value}`

const budgetName = ({ window, scope }: AlertBudget): string =>
  [window, scopeName(scope) ?? []].flat().join(', ')
