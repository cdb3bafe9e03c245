import { z } from 'zod'
import type { Command } from '../../commands.ts'
import type { LoadedCustomer } from '../../core/loadedCustomer.ts'
import { customersOf, needsOf, oldestResults } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { LoadedCustomers } from '../LoadedCustomers.ts'
import type { RecentCustomers } from '../recentCustomers.ts'
import { tables } from '../tables.ts'
import type { BatchBy } from './batchBy.ts'
import { callLoadCustomers } from './loadCustomersFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

const { customer, account, hold, key, event, budget, act, label } = tables

/** A list of rows. The database's function returns null for an empty list. */
const list = z
  .array(z.unknown())
  .nullable()
  .transform((rows) => rows ?? [])
const lists = z.array(list).transform((them) => them.flat())
/** The earliest expiry of the customer's holds that aren't due yet. Null if there is no such hold. */
const expiry = z.object({ nextExpiry: z.number().nullable() })
const budgetRows = z.object({ budgetRows: list })
const usedUnits = z.object({
  customer: z.string(),
  meter: z.string(),
  since: z.number(),
  dimension: z.string(),
  value: z.string(),
  units: z.number(),
})
const answer = z.tuple([
  z.object({
    loaded: z.object({
      now: z.number(),
      loading: z.array(z.string()).nullable(),
      customers: list,
      accounts: list,
      holds: lists,
      keys: list,
      events: lists,
      acts: list,
      labels: list,
      usedSince: list,
      oldest: list,
    }),
  }),
])

const nothingKnown: ReadonlyMap<string, LoadedCustomer> = new Map()

/**
 * Opens the transaction, locks the batch's customers, and loads the time and the rows that the node needs but
 * doesn't know.
 *
 * @returns the batch's rows and the time. `usesKnownRows` is true if the node already knew rows of some customers.
 */
export async function loadCustomers(
  transaction: PostgresTransaction,
  commands: readonly Command[],
  {
    recent,
    now,
    settings,
    batchBy,
    bucketOf,
  }: {
    recent: RecentCustomers
    now: number | null
    settings: LedgerSettings
    batchBy: BatchBy
    bucketOf: (customer: string) => number
  },
): Promise<{ loaded: Map<string, LoadedCustomer>; now: number; usesKnownRows: boolean }> {
  const known = new Map<string, LoadedCustomer>()
  for (const [name, { rows: its }] of recent.take(customersOf(commands))) known.set(name, its)
  const usesKnownRows = known.size > 0
  const needs = needsOf(commands, known)
  const ifChanged = needsOf(
    commands.filter((command) => known.has(command.customer)),
    nothingKnown,
  )
  const call = callLoadCustomers(
    { now, resultBytesPerCustomer: settings.resultBytesPerCustomer },
    {
      customers: needs.customers.map((name) => [name, ...versionOf(known.get(name))]),
      holds: needs.holds,
      keys: needs.keys,
      events: needs.events,
      holdsIfChanged: ifChanged.holds,
      keysIfChanged: ifChanged.keys,
      eventsIfChanged: ifChanged.events,
      acts: needs.acts,
      labels: needs.labels,
      sentEvents: needs.sentEvents.map((name) => [name]),
      waitingEvents: needs.waitingEvents,
      usedSince: needs.usedSince,
      results: [...needs.results].map(([name, { bytes, count }]) => [name, bytes, oldestResults.few(count)]),
    },
    { batchBy, bucketOf },
  )
  const [{ loaded: found }] = answer.parse(await transaction.begin(call))
  for (const name of found.loading ?? []) known.delete(name)
  const loaded = new LoadedCustomers(needs.customers, known)
  for (const columns of found.customers) {
    const row = customer.decode(columns)
    const nextExpiry = expiry.parse(columns).nextExpiry ?? Number.POSITIVE_INFINITY
    Object.assign(loaded.of(row.customer), { row, nextExpiry })
    loaded.addBudgets(budgetRows.parse(columns).budgetRows.map(budget.decode))
  }
  loaded.addAccounts(found.accounts.map(account.decode))
  loaded.addHolds(found.holds.map(hold.decode))
  loaded.addKeys(found.keys.map(key.decode))
  loaded.addEvents(found.events.map(event.decode))
  loaded.addActs(found.acts.map(act.decode))
  loaded.addLabels(needs.labels, found.labels.map(label.decode))
  for (const columns of found.usedSince) {
    const { units, ...query } = usedUnits.parse(columns)
    loaded.addUsedSince(query, units)
  }
  for (const row of found.oldest.map(key.decode)) loaded.of(row.customer).oldestResults.push(row)
  return { loaded: loaded.byCustomer, now: found.now, usesKnownRows }
}

/** Returns the version, time and next expiry of a known customer, and nulls for an unknown customer. */
const versionOf = (known: LoadedCustomer | undefined) =>
  known?.row
    ? [known.row.version, known.row.time, Number.isFinite(known.nextExpiry) ? known.nextExpiry : null]
    : [null, null, null]
