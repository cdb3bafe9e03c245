import { z } from 'zod'
import type { Command } from '../../commands.ts'
import type { LoadedCustomer } from '../../core/draft.ts'
import { customersOf, type Needs, needsOf, oldestResults } from '../../core/needs.ts'
import type { LedgerSettings } from '../../ledgerOptions.ts'
import { LoadedCustomers } from '../LoadedCustomers.ts'
import type { RecentCustomers } from '../recentCustomers.ts'
import { tables } from '../tables.ts'
import { jsonLiteral } from './jsonLiteral.ts'
import { loadCustomersFunction } from './loadCustomersFunction.ts'
import type { PostgresTransaction } from './transaction.ts'

const { customer, account, hold, key, event, act } = tables

/** A list of rows. Null if it is empty. */
const list = z
  .array(z.unknown())
  .nullable()
  .transform((rows) => rows ?? [])
const lists = z.array(list).transform((them) => them.flat())
const answer = z.tuple([
  z.object({
    loaded: z.object({
      now: z.number(),
      loading: z.array(z.string()).nullable(),
      customers: list,
      nextExpiries: z.array(z.tuple([z.string(), z.number().nullable()])).nullable(),
      accounts: list,
      holds: lists,
      keys: list,
      events: lists,
      acts: list,
      oldest: list,
    }),
  }),
])

const nothingKnown: ReadonlyMap<string, LoadedCustomer> = new Map()

/**
 * Opens the transaction, locks the batch's customers, and loads the time and the rows that the node needs but
 * doesn't know.
 *
 * @returns the batch's rows, and whether some of them were known.
 */
export async function loadCustomers(
  transaction: PostgresTransaction,
  commands: readonly Command[],
  { recent, now, settings }: { recent: RecentCustomers; now: number | null; settings: LedgerSettings },
): Promise<{ loaded: Map<string, LoadedCustomer>; now: number; usesKnownRows: boolean }> {
  const known = new Map<string, LoadedCustomer>()
  for (const [name, { rows: its }] of recent.take(customersOf(commands))) known.set(name, its)
  const needs = needsOf(commands, known)
  const results = [...needs.results].map(([name, { bytes, count }]) => [
    name,
    bytes,
    oldestResults.few(count),
  ])
  const ifChanged = needsOf(
    commands.filter((command) => known.has(command.customer)),
    nothingKnown,
  )
  const input = jsonLiteral({
    ...filled(needs),
    results: results.length > 0 ? results : undefined,
    customers: needs.customers.map((name) => [name, ...versionOf(known.get(name))]),
    ifChanged: filled(ifChanged),
    now,
    resultBytesPerCustomer: settings.resultBytesPerCustomer,
  })
  const [{ loaded: found }] = answer.parse(
    await transaction.begin(`SELECT ${loadCustomersFunction.name}(${input}) AS loaded`),
  )
  for (const name of found.loading ?? []) known.delete(name)
  const loaded = new LoadedCustomers(needs.customers, known)
  const nextExpiries = new Map(found.nextExpiries)
  for (const row of found.customers.map(customer.decode)) {
    Object.assign(loaded.of(row.customer), {
      row,
      nextExpiry: nextExpiries.get(row.customer) ?? Number.POSITIVE_INFINITY,
    })
  }
  loaded.addAccounts(found.accounts.map(account.decode))
  loaded.addHolds(found.holds.map(hold.decode))
  loaded.addKeys(found.keys.map(key.decode))
  loaded.addEvents(found.events.map(event.decode))
  loaded.addActs(found.acts.map(act.decode))
  for (const row of found.oldest.map(key.decode)) loaded.of(row.customer).oldestResults.push(row)
  return { loaded: loaded.byCustomer, now: found.now, usesKnownRows: known.size > 0 }
}

/** Omits empty lists, because parsing them takes the server time. */
function filled({ holds, keys, events, acts, sentEvents, waitingEvents }: Needs) {
  return Object.fromEntries(
    Object.entries({ holds, keys, events, acts, sentEvents, waitingEvents }).filter(
      ([, it]) => it.length > 0,
    ),
  )
}

/** Returns the version, time and next expiry of a known customer, and an empty list for an unknown customer. */
const versionOf = (known: LoadedCustomer | undefined) =>
  known?.row
    ? [known.row.version, known.row.time, Number.isFinite(known.nextExpiry) ? known.nextExpiry : null]
    : []
