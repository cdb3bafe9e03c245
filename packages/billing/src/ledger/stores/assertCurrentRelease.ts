import { LedgerUnavailableError } from '../errors.ts'
import { assertKnownRelease } from './assertKnownRelease.ts'

/**
 * Throws unless the ledger has exactly the migrations of this release. `applied` is the number of the ledger's
 * migrations, or null if no ledger exists at this address. `known` is the number of this release's migrations.
 */
export function assertCurrentRelease(address: string, applied: number | null, known: number): void {
  if (applied === null)
    throw new LedgerUnavailableError('cannotOpen', {
      message: `There is no ledger in ${address}. Check the path or the connection string.`,
    })
  assertKnownRelease(applied, known)
  if (applied < known) {
    throw new LedgerUnavailableError('cannotOpen', {
      message: `The ledger in ${address} belongs to an earlier release of @metered/billing. Use the metered command of the server's release, or start a server of this release first.`,
    })
  }
}
