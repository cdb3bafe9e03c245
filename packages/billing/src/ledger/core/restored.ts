import type { CustomerRow } from './rows.ts'

/**
 * The value of `installedToken` after the ledger was restored from a backup. The next install replaces it.
 * Until then, the snapshot may be older than usage that the ledger has lost.
 */
export const restoredToken = 'restored'

/** Returns whether the snapshot comes from a backup. */
export const isFromBackup = ({ installedToken }: CustomerRow): boolean => installedToken === restoredToken
