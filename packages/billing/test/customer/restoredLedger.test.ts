// These tests restore the ledger from a backup while a node is running, so the ledger's version numbers decrease.
import { expect, test } from 'vitest'
import { balancesLink, newestBalances } from '../../src/client/index.ts'
import type { BalancesAnswer } from '../../src/contract/balances.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()

/** Starts an app whose ledger can be restored. The app delivers no usage, so Flowglad's balance never changes. */
async function startRestorableApp() {
  const file = ledgerFile()
  const app = await startApp({ started: false, ledger: sqliteLedger(file.path) })
  const onFile = (change: (db: ReturnType<typeof connect>) => void) => {
    const db = connect(file.path)
    change(db)
    db.close()
  }
  return {
    ...app,
    backUp: () => onFile((db) => db.exec(`VACUUM INTO '${file.path}.backup'`)),
    restore: () =>
      onFile((db) => {
        db.exec(`ATTACH '${file.path}.backup' AS backup; BEGIN IMMEDIATE`)
        const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
        for (const { name } of tables as { name: string }[])
          db.exec(`DELETE FROM main.${name}; INSERT INTO main.${name} SELECT * FROM backup.${name}`)
        db.exec('COMMIT')
      }),
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      file[Symbol.dispose]()
    },
  }
}

const usedIn = ({ balances }: BalancesAnswer) => balances.find(({ meter }) => meter === 'generations')?.used

test('pushes the restored balances to a stream that was open before the restore', async () => {
  await using app = await startRestorableApp()
  await app.billing.refresh(ada)
  app.backUp()
  await app.client.generate.mutate({ prompt: 'a kite', count: 10 })

  const stop = new AbortController()
  const answers = app.billing.watch(ada, stop.signal)
  const before = await answers.next()
  expect(before.value && usedIn(before.value)).toBe(10)
  app.restore()
  const after = await answers.next()
  expect(after.value && usedIn(after.value)).toBe(0)
  expect(after.value?.version).toBeLessThan(before.value?.version ?? 0)
  stop.abort()
})

test('ends the stream of a customer who is missing from the restored ledger', async () => {
  await using app = await startRestorableApp()
  await app.billing.refresh(aUser('ben'))
  app.backUp()
  const caller = app.router.createCaller({ user: ada })
  const stream = (await caller.billing.onBalances())[Symbol.asyncIterator]()
  expect((await stream.next()).value).toMatchObject({ customer: 'ada' })
  app.restore()
  await expect(stream.next()).rejects.toMatchObject({ cause: { denial: { code: 'BILLING_UNAVAILABLE' } } })

  const again = (await caller.billing.onBalances())[Symbol.asyncIterator]()
  expect((await again.next()).value).toMatchObject({ customer: 'ada', plan: { isFree: true } })
  await again.return?.()
})

test('updates a page’s balances with the first response after a restore', async () => {
  await using app = await startRestorableApp()
  await app.billing.refresh(ada)
  app.backUp()
  let shown: BalancesAnswer | undefined
  const client = app.clientWith([
    balancesLink({
      onBalances(answer) {
        shown = newestBalances(shown, answer)
      },
    }),
  ])
  await client.generate.mutate({ prompt: 'a kite', count: 10 })
  expect(shown && usedIn(shown)).toBe(10)
  app.restore()
  await client.generate.mutate({ prompt: 'a kite', count: 3 })
  expect(shown && usedIn(shown)).toBe(3)
})
