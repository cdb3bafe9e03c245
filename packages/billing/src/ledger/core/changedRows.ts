import type { AlertRow } from './alertRow.ts'
import type { BudgetRow } from './budgetRow.ts'
import type { DailyLabelRow, LabelRow } from './labelRows.ts'
import type { AccountRow, ActRow, EventRow, HoldRow, KeyRow } from './rows.ts'
import type { Writes } from './writes.ts'

/** One customer's rows that a batch has changed. */
export type ChangedRows = ReturnType<typeof noChanges>

export const noChanges = () => ({
  accounts: new Set<AccountRow>(),
  accountCounters: new Set<AccountRow>(),
  newHolds: new Set<HoldRow>(),
  holds: new Set<HoldRow>(),
  removedHolds: new Set<string>(),
  keys: new Set<KeyRow>(),
  newEvents: new Set<EventRow>(),
  events: new Set<EventRow>(),
  newBudgets: new Set<BudgetRow>(),
  budgets: new Set<BudgetRow>(),
  budgetCounters: new Set<BudgetRow>(),
  removedBudgets: new Set<string>(),
  newAlerts: new Set<AlertRow>(),
  newActs: new Set<ActRow>(),
  daily: new Map<string, number>(),
  labels: new Set<LabelRow>(),
  dailyLabels: new Map<string, DailyLabelRow>(),
})

/** Returns whether any row has changed. */
export const hasChanges = (changed: ChangedRows): boolean =>
  Object.values(changed).some(({ size }) => size > 0)

/** Adds the changed rows to the batch's writes. */
export function addChanges(writes: Writes, customer: string, changed: ChangedRows): void {
  const { accounts, accountCounters, removedHolds, budgets, removedBudgets, daily } = changed
  writes.accounts.push(...accounts)
  for (const account of accountCounters) if (!accounts.has(account)) writes.counters.accounts.push(account)
  writes.newHolds.push(...changed.newHolds)
  writes.holds.push(...changed.holds)
  for (const attempt of removedHolds) writes.removedHolds.push({ customer, attempt })
  writes.keys.push(...changed.keys)
  writes.newEvents.push(...changed.newEvents)
  writes.events.push(...changed.events)
  writes.newBudgets.push(...changed.newBudgets)
  writes.budgets.push(...budgets)
  for (const budget of changed.budgetCounters) if (!budgets.has(budget)) writes.counters.budgets.push(budget)
  for (const id of removedBudgets) writes.removedBudgets.push({ customer, id })
  writes.newAlerts.push(...changed.newAlerts)
  writes.newActs.push(...changed.newActs)
  for (const [id, amount] of daily) {
    const [day = '', meter = ''] = id.split('\0')
    writes.daily.push({ customer, day, meter, amount })
  }
  writes.labels.push(...changed.labels)
  writes.dailyLabels.push(...changed.dailyLabels.values())
}
