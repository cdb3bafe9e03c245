import type { DeniedCalls } from '../reads.ts'
import type { DenialRow } from './rows.ts'

/**
 * Combines the rows of several hours into one entry per procedure and reason. Expects the rows in the order of their
 * last denials, oldest first. Returns the newest denials first.
 */
export function deniedCalls(rows: DenialRow[]): DeniedCalls[] {
  const kinds = new Map<string, DeniedCalls>()
  for (const { procedure, code, meter, feature, count, firstAt, lastAt, required, available } of rows) {
    const name = JSON.stringify([procedure, code, meter, feature])
    const earlier = kinds.get(name)
    kinds.delete(name)
    kinds.set(name, {
      procedure,
      code,
      meter: meter || null,
      feature: feature || null,
      count: (earlier?.count ?? 0) + count,
      firstAt: Math.min(earlier?.firstAt ?? firstAt, firstAt),
      lastAt,
      required,
      available,
    })
  }
  return [...kinds.values()].reverse()
}
