import { expect, test } from 'vitest'
import { runCommand } from '../../src/cli/runCommand.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from './ledgerFile.ts'
import { spend } from './spending.ts'
import { aUser, startStack } from './startStack.ts'

test('compares the delivered events with Flowglad’s list', async () => {
  using file = ledgerFile()
  await using stack = await startStack({ ledger: sqliteLedger(file.path) })
  const env = {
    METERED_LEDGER: file.path,
    FLOWGLAD_SECRET_KEY: stack.flowglad.key,
    FLOWGLAD_BASE_URL: stack.flowglad.url,
  }
  const audit = () => runCommand(['audit', '--flowglad'], { folder: '/', env, user: 'olga' })
  for (const amount of [1, 2, 3]) await spend(stack, aUser(), amount)
  await stack.billing.drain()
  expect(await audit()).toEqual({
    code: 0,
    stdout: 'The ledger is consistent, and agrees with Flowglad.\n',
    stderr: '',
  })

  // One event with another amount, one that the ledger lacks, and one that Flowglad lacks.
  const db = connect(file.path)
  db.exec(`
    UPDATE metered_event SET amount = 9 WHERE amount = 1;
    DELETE FROM metered_event WHERE amount = 2;
    UPDATE metered_event SET attempt = 'another' WHERE amount = 3`)
  db.close()
  const { code, stdout } = await audit()
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /ada +Flowglad has the event \S+ generations of 1 units, and the ledger has 9 units\n/,
  )
  expect(stdout.match(/ada +Flowglad has the event \S+ generations, which the ledger lacks\n/g)).toHaveLength(
    2,
  )
  expect(stdout).toMatch(/ada +Flowglad lacks the delivered event another generations of 3 units\n/)
})

test('hides the secret key when it reports that Flowglad can’t be reached', async () => {
  using file = ledgerFile()
  await using ledger = sqliteLedger(file.path)
  await ledger.health()
  const env = {
    METERED_LEDGER: file.path,
    FLOWGLAD_SECRET_KEY: 'sk_test_s3cret',
    FLOWGLAD_BASE_URL: 'http://127.0.0.1:1',
  }
  const { code, stderr } = await runCommand(['audit', '--flowglad'], {
    folder: '/',
    env,
    user: 'olga',
    progress: () => {},
  })
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).not.toContain('s3cret')
})
