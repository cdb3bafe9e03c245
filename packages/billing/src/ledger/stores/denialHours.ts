import type { LedgerSettings } from '../ledgerOptions.ts'

export const hourMs = 3_600_000

/**
 * Returns the time between an hour's start and the pruning of its denials. By then, the retention period of its last
 * denial has ended.
 */
export const hourRetentionMs = ({ denialRetentionMs }: Pick<LedgerSettings, 'denialRetentionMs'>) =>
  denialRetentionMs + hourMs
