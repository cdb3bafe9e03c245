import type { LedgerSettings } from '../ledgerOptions.ts'

export const hourMs = 3_600_000

/** Returns how long after its start an hour's denials are pruned: when the retention of its last denial has ended. */
export const hourRetentionMs = ({ denialRetentionMs }: Pick<LedgerSettings, 'denialRetentionMs'>) =>
  denialRetentionMs + hourMs
