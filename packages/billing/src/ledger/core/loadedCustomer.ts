import type { BudgetRow } from './budgetRow.ts'
import type { LabelRow } from './labelRows.ts'
import type { AccountRow, ActRow, CustomerRow, EventRow, HoldRow, KeyRow } from './rows.ts'

/** The rows that a batch needs for one customer. The rows are current, because the customer is locked. */
export interface LoadedCustomer {
  /** Null if the ledger has no row for the customer yet. */
  row: CustomerRow | null
  /** All of the customer's accounts. */
  accounts: Map<string, AccountRow>
  holds: Map<string, HoldRow>
  keys: Map<string, KeyRow>
  events: Map<string, EventRow>
  /** The records of operators' acts, by ID. */
  acts: Map<string, ActRow>
  /** All of the customer's budgets, by ID. */
  budgets: Map<string, BudgetRow>
  /**
   * The label rows that the batch needs, and their dimensions' counter rows. Null if the ledger has no such row.
   * A row that wasn't loaded isn't in the map.
   */
  labels: Map<string, LabelRow | null>
  /**
   * Units that were booked since a time, on a meter or in the scope of a budget. Includes dropped events. Loaded for
   * commands that need them.
   */
  usedSince: Map<string, number>
  /**
   * Keys with a stored result, oldest first. Loaded only if the batch might exceed the size limit for the
   * customer's results.
   */
  oldestResults: KeyRow[]
  /**
   * The earliest expiry of the holds in state `held` that aren't in `holds`, or `Infinity` if there are none.
   * Until then, none of those holds is due.
   */
  nextExpiry: number
}

/**
 * Returns a row's ID. It is unique among the customer's rows of one table. Validation rejects NUL in
 * names, so different rows have different IDs.
 */
export const idOf = {
  account: ({ subscription, meter }: Pick<AccountRow, 'subscription' | 'meter'>) =>
    joined(subscription, meter),
  hold: ({ attempt }: Pick<HoldRow, 'attempt'>) => attempt,
  key: ({ procedure, key }: Pick<KeyRow, 'procedure' | 'key'>) => joined(procedure, key),
  event: ({ attempt, meter }: Pick<EventRow, 'attempt' | 'meter'>) => joined(attempt, meter),
  label: ({ meter, dimension, value }: Pick<LabelRow, 'meter' | 'dimension' | 'value'>) =>
    joined(meter, dimension, value),
  usedSince: ({ meter, scope }: Pick<BudgetRow, 'meter' | 'scope'>, since: number) =>
    joined(meter, String(since), ...(scope ? [scope.dimension, scope.value] : [])),
}

/**
 * Joins names into one map key. Validation rejects NUL in names, so different lists of names never produce
 * the same key.
 */
export const joined = (...parts: string[]) => parts.join('\0')
