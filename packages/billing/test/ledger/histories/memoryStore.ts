import type { Answer } from '../../../src/ledger/answers.ts'
import type { Command } from '../../../src/ledger/commands.ts'
import type { AlertRow } from '../../../src/ledger/core/alertRow.ts'
import type { BudgetRow } from '../../../src/ledger/core/budgetRow.ts'
import { decide } from '../../../src/ledger/core/decide.ts'
import type { DailyLabelRow, LabelRow } from '../../../src/ledger/core/labelRows.ts'
import { idOf, joined, type LoadedCustomer } from '../../../src/ledger/core/loadedCustomer.ts'
import { needsOf } from '../../../src/ledger/core/needs.ts'
import type {
  AccountRow,
  ActRow,
  CustomerRow,
  EventRow,
  HoldRow,
  KeyRow,
} from '../../../src/ledger/core/rows.ts'
import { firstFullDay } from '../../../src/ledger/core/utcDay.ts'
import { ledgerDefaults } from '../../../src/ledger/ledgerOptions.ts'

/**
 * Creates a store that runs the core on plain maps and always loads every row. A real store must give the
 * same answers.
 */
export function memoryStore(now: () => number) {
  const customers = new Map<string, CustomerRow>()
  const accounts = new Map<string, AccountRow>()
  const holds = new Map<string, HoldRow>()
  const keys = new Map<string, KeyRow>()
  const events = new Map<string, EventRow>()
  const acts = new Map<string, ActRow>()
  const budgets = new Map<string, BudgetRow>()
  const alerts = new Map<string, AlertRow>()
  const labels = new Map<string, LabelRow>()
  const dailyLabels = new Map<string, DailyLabelRow>()
  const of = <Row extends { customer: string }>(rows: Map<string, Row>, customer: string) =>
    [...rows.values()].filter((row) => row.customer === customer).map((row) => structuredClone(row))
  const byId = <Row extends { customer: string }>(
    rows: Map<string, Row>,
    customer: string,
    id: (row: Row) => string,
  ) => new Map(of(rows, customer).map((row) => [id(row), row]))

  const neededLabels = (customer: string, commands: Command[]) => {
    const needed = needsOf(commands, new Map()).labels.filter(([name]) => name === customer)
    const missing = needed.map(([, ...key]) => [joined(...key), null] as const)
    return new Map<string, LabelRow | null>([...missing, ...byId(labels, customer, idOf.label)])
  }

  const usedSince = (customer: string, commands: Command[]) =>
    new Map(
      commands.flatMap((command) => {
        if (command.type !== 'setBudget' || command.customer !== customer) return []
        const { meter, scope, usedSince: since } = command
        const rows = scope
          ? of(dailyLabels, customer).filter(
              (row) =>
                row.meter === meter &&
                row.dimension === scope.dimension &&
                row.value === scope.value &&
                row.day >= firstFullDay(since).day,
            )
          : of(events, customer).filter((event) => event.meter === meter && event.at >= since)
        const units = rows.reduce((sum, row) => sum + row.amount, 0)
        return [[idOf.usedSince(command, since), units] as const]
      }),
    )

  return {
    run(commands: Command[]): Answer[] {
      const loaded = new Map<string, LoadedCustomer>()
      for (const customer of new Set(commands.map((command) => command.customer))) {
        loaded.set(customer, {
          row: structuredClone(customers.get(customer)) ?? null,
          accounts: byId(accounts, customer, idOf.account),
          holds: byId(holds, customer, idOf.hold),
          keys: byId(keys, customer, idOf.key),
          events: byId(events, customer, idOf.event),
          acts: byId(acts, customer, ({ id }) => id),
          budgets: byId(budgets, customer, ({ id }) => id),
          labels: neededLabels(customer, commands),
          usedSince: usedSince(customer, commands),
          oldestResults: [],
          nextExpiry: Number.POSITIVE_INFINITY,
        })
      }
      const { answers, writes } = decide({ loaded, commands, now: now(), settings: ledgerDefaults })
      const { counters } = writes
      for (const row of [...writes.customers, ...writes.leases, ...counters.customers]) {
        customers.set(row.customer, row)
      }
      for (const row of [...writes.accounts, ...counters.accounts]) {
        accounts.set(joined(row.customer, row.subscription, row.meter), row)
      }
      for (const row of [...writes.newHolds, ...writes.holds]) {
        holds.set(joined(row.customer, row.attempt), row)
      }
      for (const { customer, attempt } of writes.removedHolds) holds.delete(joined(customer, attempt))
      for (const row of writes.keys) keys.set(joined(row.customer, row.procedure, row.key), row)
      for (const row of [...writes.newEvents, ...writes.events]) {
        events.set(joined(row.customer, row.attempt, row.meter), row)
      }
      for (const { customer, id } of writes.removedBudgets) budgets.delete(joined(customer, id))
      for (const row of [...writes.newBudgets, ...writes.budgets, ...counters.budgets])
        budgets.set(joined(row.customer, row.id), row)
      for (const row of writes.newAlerts) {
        const id = joined(row.customer, row.id)
        if (!alerts.has(id)) alerts.set(id, row)
      }
      for (const row of writes.labels) labels.set(joined(row.customer, idOf.label(row)), row)
      for (const row of writes.dailyLabels) {
        const id = joined(row.customer, row.day, idOf.label(row))
        const amount = (dailyLabels.get(id)?.amount ?? 0) + row.amount
        dailyLabels.set(id, { ...row, amount })
      }
      for (const row of writes.newActs) acts.set(joined(row.customer, row.id), row)
      return answers
    },
    read: (customer: string) => ({
      row: structuredClone(customers.get(customer)) ?? null,
      accounts: of(accounts, customer),
    }),
    alerts: (customer: string) => of(alerts, customer),
    dailyLabels: (customer: string) => of(dailyLabels, customer),
  }
}
