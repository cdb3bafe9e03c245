import { startFlowgladLocal } from 'flowglad-local'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/cli/runCommand.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from './ledgerFile.ts'
import { pricing } from './pricing.ts'
import { spend } from './spending.ts'
import { startServer } from './startServer.ts'
import { aUser, startStack } from './startStack.ts'

test('compares the delivered events with Flowglad’s list', async () => {
  using file = ledgerFile()
  await using stack = await startStack({ ledger: sqliteLedger(file.path) })
  const env = {
    METERED_LEDGER: file.path,
    FLOWGLAD_SECRET_KEY: stack.flowglad.key,
    FLOWGLAD_BASE_URL: stack.flowglad.url,
  }
  const shown: string[] = []
  const progress = (text: string) => void shown.push(text)
  const audit = () => runCommand(['audit', '--flowglad'], { folder: '/', env, user: 'olga', progress })
  for (const amount of [1, 2, 3]) await spend(stack, aUser(), amount)
  await stack.billing.drain()
  expect(await audit()).toEqual({
    code: 0,
    stdout: 'Checked 1 customer and 3 usage events: the ledger is consistent, and agrees with Flowglad.\n',
    stderr: '',
  })
  expect(shown).toEqual(['Read 3 usage events from Flowglad'])

  // Change the amount of one event, delete one event, and change the ID of one event.
  const db = connect(file.path)
  db.exec(`
    UPDATE metered_event SET amount = 9 WHERE amount = 1;
    DELETE FROM metered_event WHERE amount = 2;
    UPDATE metered_event SET attempt = 'another' WHERE amount = 3`)
  db.close()
  const { code, stdout } = await audit()
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /ada +Flowglad has the event \S+ generations of 1 units, but the ledger has 9 units\n/,
  )
  expect(stdout.match(/ada +Flowglad has the event \S+ generations, but the ledger doesn't\n/g)).toHaveLength(
    2,
  )
  expect(stdout).toMatch(/ada +Flowglad lacks the delivered event another generations of 3 units\n/)
})

async function closedServer() {
  await using server = await startServer(() => {})
  return server
}

test('explains why it can’t read Flowglad’s list but never shows the secret key', async () => {
  using file = ledgerFile()
  await using flowglad = await startFlowgladLocal({ pricing })
  await using ledger = sqliteLedger(file.path)
  await ledger.health()
  const audit = (baseUrl: string) => {
    const env = {
      METERED_LEDGER: file.path,
      FLOWGLAD_SECRET_KEY: 'sk_test_s3cret',
      FLOWGLAD_BASE_URL: baseUrl,
    }
    return runCommand(['audit', '--flowglad'], { folder: '/', env, user: 'olga' })
  }
  expect(await audit(flowglad.url)).toEqual({
    code: 1,
    stdout: '',
    stderr: "Flowglad rejects FLOWGLAD_SECRET_KEY (401). Copy the key from Flowglad's dashboard.\n",
  })
  const { url } = await closedServer()
  const away = await audit(url)
  expect(away).toMatchObject({ code: 1, stdout: '' })
  expect(away.stderr).toMatch(/^Flowglad at \S+ is unavailable: .*ECONNREFUSED.*\n$/)
  expect(away.stderr).toContain(url)
  expect(away.stderr).not.toContain('s3cret')

  await using other = await startServer((_, response) =>
    response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
  )
  expect(await audit(other.url)).toMatchObject({
    code: 1,
    stderr: `FLOWGLAD_BASE_URL ${other.url} is not Flowglad's API: the response has an unknown format. Check the address.\n`,
  })
})
