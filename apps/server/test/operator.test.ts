import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sqliteLedger } from '@metered/billing'
import { expect, test } from 'vitest'
import { signUp, startTestServer, type TestServer } from './testServer.ts'

const script = fileURLToPath(new URL('../operator.ts', import.meta.url))

/** As `pnpm --filter` starts it: in another folder than the one it is called from. */
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

/** Usage of a subscription that Flowglad does not know, parked. */
async function park({ env }: TestServer, customer: string, attempt: string) {
  await using ledger = sqliteLedger(env.DATABASE_URL?.replace(/^file:/, '') ?? '')
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

test('an operator sees what Flowglad refuses and drops it, while the server runs', async () => {
  await using server = await startTestServer()
  const { env, billing } = server
  expect(await operator(env)).toEqual({ code: 0, output: 'Nothing is parked.\n' })

  const browser = await signUp(server)
  await park(server, browser.user.id, 'attempt-1')
  expect((await billing.health()).parked).toBe(1)
  expect(await operator(env, 'list')).toEqual({
    code: 0,
    output: `attempt-1\t${browser.user.id}\t3 generations\tSubscription not found: sub_gone\n`,
  })
  expect(await operator(env, 'drop', 'attempt-2')).toEqual({
    code: 1,
    output: expect.stringContaining('Nothing is parked under the transaction id attempt-2'),
  })

  expect(await operator(env, 'drop', 'attempt-1')).toMatchObject({ code: 0 })
  expect((await billing.health()).parked).toBe(0)
  const { data } = await browser.call('billing.charges', {}, { method: 'GET' })
  expect(data.charges).toMatchObject([{ transactionId: 'attempt-1', state: 'dropped' }])
})

test.each([[['what']], [['drop']]])(
  'what an operator did not mean does nothing and says how to say it: %j',
  async (words) => {
    expect(await operator({}, ...words)).toEqual({
      code: 1,
      output: expect.stringContaining('drop <transaction id>'),
    })
  },
)

test('a database that is not there is not made', async () => {
  const answer = await operator({ DATABASE_URL: `file:${tmpdir()}/no/such.sqlite` })
  expect(answer).toEqual({ code: 1, output: expect.stringContaining('There is no database') })
})

test('a relative address means the folder that the operator stands in', async () => {
  await using server = await startTestServer()
  const file = server.env.DATABASE_URL?.replace(/^file:/, '') ?? ''
  const env = { DATABASE_URL: `file:${basename(file)}`, INIT_CWD: dirname(file) }
  expect(await operator(env)).toEqual({ code: 0, output: 'Nothing is parked.\n' })
})
