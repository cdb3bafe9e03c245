import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A place for a ledger that several processes or nodes open; removed with its scope. */
export function ledgerFile() {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  return { path: join(folder, 'ledger.db'), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
