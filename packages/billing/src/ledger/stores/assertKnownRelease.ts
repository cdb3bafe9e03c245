import { LedgerUnavailableError } from '../errors.ts'

/**
 * Throws if a newer release has migrated the ledger. This release doesn't know the newer tables, so it could lose
 * or misread data.
 */
export function assertKnownRelease(applied: number, known: number): void {
  if (applied <= known) return
  throw new LedgerUnavailableError('cannotOpen', {
    message: `A newer release of @metered/billing has migrated this ledger (migration ${applied}, this release knows ${known}). Install that release, or restore a backup from before the migration.`,
  })
}
