import Libsql from 'libsql'
import { expect, it, vi } from 'vitest'
import { openSqlite } from '../src/database/openSqlite.ts'
import { startFlowgladLocal } from '../src/index.ts'
import { createDirectory, startProcess } from './process.ts'
import { dayMs, startStudio } from './studio.ts'

const secret = `whsec_${Buffer.from('secret').toString('base64')}`

/** Makes each insert of a row that meets the condition fail, as on a full disk. */
function fill(db: string, table: string, condition = 'true'): void {
  const file = new Libsql(db)
  file.exec(
    `CREATE TRIGGER full_${table} BEFORE INSERT ON ${table} WHEN ${condition}
     BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
  )
  file.close()
}

it('keeps the clock unchanged if its new time cannot be stored', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const clock = () => Date.UTC(2027, 0, 31)
  await (await startStudio({ db, clock })).close()
  fill(db, 'settings', "json_extract(NEW.record, '$.value') = '86400000'")
  await using server = await startFlowgladLocal({ db, clock })
  expect(() => server.advance(dayMs)).toThrow('full')
  expect(server.now()).toBe(clock())
  server.advance(2 * dayMs)
  expect(server.now()).toBe(clock() + 2 * dayMs)
})

it('keeps running if a renewal cannot be stored', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const earlier = await startStudio({ db, clock: () => Date.now() - 40 * dayMs })
  await earlier.customer('ada')
  await earlier.close()
  fill(db, 'billing_periods')
  await using server = await startProcess(directory.path, { args: ['--db', db] })
  await vi.waitFor(() => expect(server.errors()).toContain('full'), 5000)
  expect((await fetch(server.url)).status).toBe(500)
})

it('keeps serving requests if the result of a webhook cannot be stored', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  await (await startStudio({ db })).close()
  fill(db, 'webhook_attempts')
  const args = ['--db', db, '--webhook-url', 'http://127.0.0.1:1/', '--webhook-secret', secret]
  await using server = await startProcess(directory.path, { args })
  const create = { customer: { externalId: 'ada', name: 'Ada', email: 'ada@studio.example' } }
  const headers = { authorization: 'sk_test_local', 'content-type': 'application/json' }
  await fetch(`${server.url}/api/v1/customers`, { method: 'POST', headers, body: JSON.stringify(create) })
  await vi.waitFor(() => expect(server.errors()).toContain('full'), 5000)
  expect((await fetch(`${server.url}/api/v1/customers/ada`, { headers })).status).toBe(200)
})

it('closes a database file that cannot leave WAL mode', async () => {
  await using directory = await createDirectory()
  const file = directory.file('flowglad.db')
  const { database, close } = openSqlite(file)
  database.exec('CREATE TABLE records (id TEXT)')
  // Like a full disk, an open transaction makes SQLite refuse to leave WAL mode.
  database.exec('BEGIN')
  expect(close).not.toThrow()
})
