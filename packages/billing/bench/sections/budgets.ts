import type { Comparison } from '../comparison/compare.ts'
import type { Options } from '../options.ts'
import { compareAll, ping } from './calls.ts'

const stores = [
  { base: 'SQLite', variants: ['SQLite', 'SQLite, 3 budgets'] },
  { base: 'PostgreSQL', variants: ['PostgreSQL', 'PostgreSQL, 3 budgets'] },
] as const
const load = { callers: 64, customers: 64 }

/** Compares the calls of customers without budgets with the calls of customers with three budgets. */
export const budgets = (options: Options) => {
  const comparisons = stores.flatMap((store): Comparison[] => [
    { ...ping, ...load, ...store },
    { ...ping, ...load, ...store, transport: 'in process' },
  ])
  return compareAll('Budgets: calls of customers with three budgets', options, comparisons)
}
