// Each test backs up a ledger, makes more calls and restores the backup. After the restore, only Flowglad has the
// usage of the later calls.
import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Logger } from '../../src/config/logger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { recordingLogger } from '../flowglad/recordingLogger.ts'
import { spend } from '../flowglad/spending.ts'
import { aUser, type Stack, type StackSetup, startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { createDatabase, query } from './postgres.ts'

/** A ledger that can be backed up and restored. A PostgreSQL ledger must be closed before a backup. */
interface Restorable {
  open(): Ledger
  backUp(): Promise<void>
  restore(): Promise<void>
}

function sqlite(): Restorable {
  const { path, [Symbol.dispose]: remove } = ledgerFile()
  onTestFinished(remove)
  return {
    open: () => sqliteLedger(path),
    async backUp() {
      const db = connect(path)
      db.exec(`VACUUM INTO '${path}.backup'`)
      db.close()
    },
    async restore() {
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
      copyFileSync(`${path}.backup`, `${path}.copy`)
      renameSync(`${path}.copy`, path)
    },
  }
}

async function postgres(): Promise<Restorable> {
  const server = await createDatabase()
  const nameOf = (address: string) => new URL(address).pathname.slice(1)
  const copy = async (from: string) => {
    const to = new URL(from)
    to.pathname = `${nameOf(from)}_copy`
    await query(server, `CREATE DATABASE ${nameOf(to.href)} TEMPLATE ${nameOf(from)}`)
    return to.href
  }
  let address = await createDatabase()
  let backup = ''
  return {
    open: () => postgresLedger(address),
    async backUp() {
      backup = await copy(address)
    },
    async restore() {
      address = await copy(backup)
    },
  }
}

const ada = aUser()
const keyed = (key: string, amount = 1, input: unknown = 'a kite') => ({
  customer: ada,
  meter: 'generations' as const,
  amount,
  key,
  input,
})
const made = () => 'made'
const amounts = async (stack: Stack) => (await stack.atFlowglad.events()).map(({ amount }) => amount)
/** Waits until the restore has been recognized and all lost usage has been recovered. */
const recovered = (stack: Stack) =>
  until(async () =>
    expect(await stack.ledger.restoreState()).toMatchObject({ isRecovering: false, recognizesKeys: true }),
  )
const denied = (code: string) => ({ denial: { code } })

describe.each([
  ['SQLite', async () => sqlite()],
  ['PostgreSQL', postgres],
])('on %s', (_, create) => {
  /**
   * Backs up a ledger between `before` and `after`, and restores it. `start` starts a node on the restored ledger.
   */
  async function restoredAfter(
    { before, after }: { before(stack: Stack): Promise<unknown>; after(stack: Stack): Promise<unknown> },
    {
      policies = {},
      ...setup
    }: Pick<StackSetup, 'policies'> & { logger?: Logger; options?: { decisionMs: number } } = {},
  ) {
    const restorable = await create()
    const first = await startStack({ ledger: restorable.open() })
    onTestFinished(() => first[Symbol.asyncDispose](), 60_000)
    const use = async (stack: Stack, work: (stack: Stack) => Promise<unknown>) => {
      await work(stack)
      await stack.billing.drain()
      await stack.billing.close()
    }
    await use(first, before)
    await restorable.backUp()
    await use(await startStack({ ledger: restorable.open(), beside: first, policies }), after)
    await restorable.restore()
    const start = async () => {
      const restored = await startStack({ ledger: restorable.open(), beside: first, policies, ...setup })
      onTestFinished(() => restored.billing.close())
      return restored
    }
    return { first, start }
  }

  test('allows only as many calls as the rest of the grant covers', async () => {
    const { start } = await restoredAfter({
      before: (stack) => spend(stack, ada, 2),
      after: (stack) => spend(stack, ada, 7),
    })
    const second = await start()
    await spend(second, ada, 1)
    await expect(spend(second, ada, 1)).rejects.toMatchObject(denied('INSUFFICIENT_CREDITS'))
    await second.billing.drain()
    expect(await second.atFlowglad.available(ada, 'generations')).toBe(0)
  })

  test('charges once when the client retries a call that the ledger has lost', async () => {
    const { start } = await restoredAfter({
      before: (stack) => spend(stack, ada, 1),
      after: (stack) => stack.billing.meter(keyed('lost', 3), made),
    })
    const second = await start()
    await expect(second.billing.meter(keyed('lost', 3), made)).rejects.toMatchObject(
      denied('ALREADY_COMPLETED'),
    )
    await expect(second.billing.meter(keyed('lost', 3, 'a fox'), made)).rejects.toMatchObject(
      denied('KEY_REUSED'),
    )
    await second.billing.meter(keyed('new'), made)
    await second.billing.drain()
    expect(await amounts(second)).toEqual([1, 3, 1])
  })

  test('lists the recovered charges and counts them once', async () => {
    const { start } = await restoredAfter({
      before: (stack) => spend(stack, ada, 1),
      after: (stack) => spend(stack, ada, 4),
    })
    const second = await start()
    await until(async () => {
      const { charges } = await second.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
      expect(charges).toMatchObject([
        { amount: 4, state: 'delivered', procedure: 'meter' },
        { amount: 1, state: 'delivered' },
      ])
    })
    await second.billing.refresh(ada)
    const { balances } = await second.ledger.balances('ada')
    expect(balances.find(({ meter }) => meter === 'generations')).toMatchObject({
      available: 5,
      used: 5,
      limit: 10,
    })
    const [day] = await second.ledger.usage({ customer: 'ada', days: 2 })
    expect(day?.amount).toBe(5)
  })

  test('charges once when the retry runs before Flowglad responds', async () => {
    const { first, start } = await restoredAfter(
      {
        before: (stack) => spend(stack, ada, 1),
        after: (stack) => stack.billing.meter(keyed('lost', 3), made),
      },
      { options: { decisionMs: 50 } },
    )
    first.proxy.breakWith(() => ({ state: 'refused' }))
    const second = await start()
    expect(await second.billing.meter(keyed('lost', 3), made)).toBe('made')
    first.proxy.breakWith(() => undefined)
    await until(async () => {
      const { charges } = await second.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
      expect(charges.map(({ amount, state }) => `${amount} ${state}`).sort()).toEqual([
        '1 delivered',
        '3 delivered',
        '3 dropped',
      ])
    })
    await recovered(second)
    expect(await amounts(second)).toEqual([1, 3])
  })

  test('recovers the usage of a customer who is not in the backup', async () => {
    const { start } = await restoredAfter({
      before: (stack) => spend(stack, aUser('ben'), 1),
      after: (stack) => stack.billing.meter(keyed('lost', 10), made),
    })
    const second = await start()
    await recovered(second)
    await expect(second.billing.meter(keyed('lost', 10), made)).rejects.toMatchObject(
      denied('ALREADY_COMPLETED'),
    )
    await expect(spend(second, ada)).rejects.toMatchObject(denied('INSUFFICIENT_CREDITS'))
  })

  test('recovers usage that was charged when its hold expired', async () => {
    const charged = async (stack: Stack) =>
      (await stack.ledger.charges({ customer: 'ada', limit: 10, cursor: null })).charges.map(
        ({ amount, procedure }) => ({ amount, procedure }),
      )
    const expired = { amount: 3, procedure: 'render' }
    const { start } = await restoredAfter(
      {
        before: (stack) => spend(stack, ada, 1),
        async after(stack) {
          // A stream that is never read doesn't renew its hold, so the hold expires.
          await stack.billing.meter(
            { customer: ada, meter: 'generations', hold: 3, name: 'render' },
            async function* () {
              yield 'a picture'
            },
          )
          await until(async () => expect(await charged(stack)).toContainEqual(expired))
        },
      },
      { policies: { generations: { onExpiry: 'settle', holdTtlMs: 100 } } },
    )
    const second = await start()
    await recovered(second)
    expect(await charged(second)).toContainEqual(expired)
  })

  test('raises the versions so that an open page accepts the restored balances', async () => {
    let lost = 0
    const { start } = await restoredAfter({
      before: (stack) => spend(stack, ada, 1),
      async after(stack) {
        for (let n = 0; n < 5; n++) await spend(stack, ada, 1)
        lost = (await stack.ledger.balances('ada')).version
      },
    })
    const second = await start()
    await spend(second, ada)
    expect((await second.ledger.balances('ada')).version).toBeGreaterThan(lost)
  })

  test('logs the restore only once', async () => {
    const { logger, errors } = recordingLogger()
    const { start } = await restoredAfter(
      { before: (stack) => spend(stack, ada), after: (stack) => spend(stack, ada) },
      { logger },
    )
    const second = await start()
    await recovered(second)
    expect(errors.filter((message) => message.includes('restored from a backup'))).toHaveLength(1)
  })

  test('recognizes no restore if the ledger has lost nothing', async () => {
    const { start } = await restoredAfter({ before: (stack) => spend(stack, ada, 3), after: async () => {} })
    const second = await start()
    const { version } = await second.ledger.balances('ada')
    await spend(second, ada)
    expect(await second.ledger.restoreState()).toMatchObject({ isRecovering: false, recognizesKeys: false })
    expect((await second.ledger.balances('ada')).version).toBeLessThan(version + 100)
  })
})

test('recognizes a backup that replaces the file of a running server', async () => {
  const restorable = sqlite()
  const stack = await startStack({ ledger: restorable.open() })
  onTestFinished(() => stack[Symbol.asyncDispose]())
  await spend(stack, ada, 1)
  await stack.billing.drain()
  await restorable.backUp()
  await stack.billing.meter(keyed('lost', 3), made)
  await stack.billing.drain()
  await restorable.restore()
  await expect(stack.billing.meter(keyed('lost', 3), made)).rejects.toMatchObject(denied('ALREADY_COMPLETED'))
  expect(await amounts(stack)).toEqual([1, 3])
})
