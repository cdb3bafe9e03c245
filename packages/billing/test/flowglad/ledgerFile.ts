import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Creates a folder for a ledger file that several processes or nodes share. The folder is removed at the end
 * of the scope.
 */
export function ledgerFile() {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  return { path: join(folder, 'ledger.db'), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
