import type { CustomerRow } from './rows.ts'

/**
 * The value of `installedToken` after the ledger was restored from a backup, until the next install. During
 * this time, the snapshot comes from the backup, and doesn't include later usage.
 */
export const restoredToken = 'restored'

/** Returns whether the snapshot comes from a backup. */
export const isFromBackup = ({ installedToken }: CustomerRow): boolean => installedToken === restoredToken
