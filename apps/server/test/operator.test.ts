import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sqliteLedger } from '@metered/billing/sqlite'
import { expect, test } from 'vitest'
import { signUp, startTestServer } from './testServer.ts'

const script = fileURLToPath(new URL('../operator.ts', import.meta.url))

/** Runs the command in a folder other than the caller's, as `pnpm --filter` does. */
async function operator(env: Record<string, string>, ...words: string[]) {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...words], {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const [code] = await once(child, 'close')
  return { code, output }
}

const fileOf = ({ DATABASE_URL = '' }: Record<string, string>) => DATABASE_URL.replace(/^file:/, '')

/** Parks a usage event for a subscription that doesn't exist at Flowglad. */
async function park(env: Record<string, string>, customer: string, attempt: string) {
  // The server in this process opens the file with libsql, so this ledger must use libsql too.
  await using ledger = sqliteLedger(fileOf(env), { driver: 'libsql' })
  const meter = 'generations'
  await ledger.execute({
    type: 'settle',
    customer,
    attempt,
    subscription: 'sub_gone',
    procedure: 'studio.generate',
    key: null,
    fingerprint: null,
    legs: [{ meter, amount: 3, price: { usageMeterSlug: meter }, flagged: null }],
    result: null,
    reference: null,
    properties: {},
  })
  const reason = 'Subscription not found: sub_gone'
  await ledger.execute({
    type: 'park',
    customer,
    events: [{ attempt, meter, reason, retryInMs: 3_600_000 }],
  })
}

test('lists and drops parked usage while the server runs', async () => {
  await using server = await startTestServer()
  const { env, billing } = server
  const browser = await signUp(server)
  await park(env, browser.user.id, 'attempt-1')
  expect((await billing.health()).parked).toBe(1)
  const [listed, notFound] = await Promise.all([
    operator(env, 'list'),
    operator(env, 'drop', 'attempt-2', 'a test'),
  ])
  expect(listed).toEqual({
    code: 0,
    output: `attempt-1\t${browser.user.id}\t3 generations\tSubscription not found: sub_gone\n`,
  })
  expect(notFound).toEqual({
    code: 1,
    output: 'No parked usage event has the transaction id attempt-2.\n',
  })

  expect(await operator(env, 'drop', 'attempt-1', 'a test')).toMatchObject({ code: 0 })
  expect((await billing.health()).parked).toBe(0)
  const { data } = await browser.call('billing.charges', {}, { method: 'GET' })
  expect(data.charges).toMatchObject([{ transactionId: 'attempt-1', state: 'dropped' }])
})

test('prints the usage for an unknown command and for a drop without a transaction ID', async () => {
  const answers = await Promise.all(
    [['what'], ['drop'], ['list', 'x']].map((words) => operator({}, ...words)),
  )
  for (const answer of answers) {
    expect(answer).toEqual({ code: 1, output: expect.stringContaining('drop <transaction id>') })
  }
})

test('reports a missing database instead of creating it', async () => {
  const answer = await operator({ DATABASE_URL: `file:${tmpdir()}/no/such.sqlite` })
  expect(answer).toEqual({ code: 1, output: expect.stringContaining('does not exist. Check DATABASE_URL.') })
})

test("resolves a relative DATABASE_URL against the caller's folder, and lists parked usage by default", async () => {
  await using server = await startTestServer()
  const file = fileOf(server.env)
  const env = { DATABASE_URL: `file:${basename(file)}`, INIT_CWD: dirname(file) }
  expect(await operator(env)).toEqual({ code: 0, output: 'No usage events are parked.\n' })
})
