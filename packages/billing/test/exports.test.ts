import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/**
 * Imports the entry files in a new process and returns the CommonJS files that they load. Every database driver is a
 * CommonJS package, so the list contains each loaded driver.
 */
async function loadedBy(entries: string[]): Promise<string[]> {
  const script = `
    import { createRequire } from 'node:module'
    for (const entry of ${JSON.stringify(entries)}) await import(entry)
    process.stdout.write(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '--eval',
    script,
  ])
  return JSON.parse(stdout)
}

test('loads no database driver before a ledger is used', async () => {
  const entries = [
    'index.ts',
    'testing/index.ts',
    'ledger/stores/sqlite/index.ts',
    'ledger/stores/postgres/index.ts',
  ]
  const loaded = await loadedBy(
    entries.map((entry) => fileURLToPath(new URL(`../src/${entry}`, import.meta.url))),
  )
  expect(loaded).not.toEqual([])
  expect(loaded.filter((file) => /\/node_modules\/(libsql|@libsql|pg)\//.test(file))).toEqual([])
})
