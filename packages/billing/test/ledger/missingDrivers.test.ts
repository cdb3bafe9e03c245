import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { sqliteDrivers } from './sqliteDrivers.ts'

test('says what to install if a driver is missing', async () => {
  // The folder is outside the repository, so Node finds no packages from there.
  const outDir = await mkdtemp(join(tmpdir(), 'metered-drivers-'))
  onTestFinished(() => rm(outDir, { recursive: true }))
  await build({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true, external: ['libsql', 'pg'] },
    build: {
      ssr: 'test/ledger/processes/openAll.ts',
      outDir,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: '[name].mjs' } },
    },
  })
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(outDir, 'openAll.mjs')], {
    // Clear NODE_PATH, because pnpm sets it to folders that contain the drivers.
    env: { ...process.env, NODE_PATH: '' },
  })
  const found = JSON.parse(stdout)
  expect(stderr).toBe('')
  expect(found).toEqual({
    ...(sqliteDrivers.includes('node:sqlite')
      ? { sqlite: 'opened', nodeSqlite: 'opened' }
      : {
          sqlite: 'The SQLite ledger found no driver. Install libsql, or use Node 22.13 or newer.',
          nodeSqlite:
            'This version of Node has no node:sqlite. Use Node 22.13 or newer, or install libsql and remove the option `driver`.',
        }),
    libsql: 'libsql is not installed. Install it, or use Node 22.13 or newer without the option `driver`.',
    postgres: 'The PostgreSQL ledger needs the package pg. Install pg.',
  })
})
