import type { LedgerSettings } from '../ledgerOptions.ts'

export const hourMs = 3_600_000

/**
 * Returns how long after the start of an hour its denials are pruned. By then, the retention period of the
 * hour's last denial has ended.
 */
export const hourRetentionMs = ({ denialRetentionMs }: Pick<LedgerSettings, 'denialRetentionMs'>) =>
  denialRetentionMs + hourMs
