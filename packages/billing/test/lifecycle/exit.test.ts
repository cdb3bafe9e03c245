import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { buildScript } from '../../processes/buildScript.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from '../flowglad/ledgerFile.ts'
import { spend } from '../flowglad/spending.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'

let script = ''
beforeAll(async () => {
  script = await buildScript('oneNode', import.meta.url)
})

function startNode(stack: Stack, file: string, action: 'call' | 'start') {
  const args = [script, file, stack.flowglad.url, action]
  const node = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void node.kill())
  return node
}

test('lets a process exit after a call even without close()', async () => {
  using file = ledgerFile()
  await using stack = await startStack({ started: false, ledger: sqliteLedger(file.path) })
  const node = startNode(stack, file.path, 'call')
  expect(await once(node, 'exit')).toEqual([0, null])
})

test("keeps a process running after start() to deliver other processes' usage", async () => {
  using file = ledgerFile()
  await using stack = await startStack({ started: false, ledger: sqliteLedger(file.path) })
  const node = startNode(stack, file.path, 'start')
  await once(node.stdout, 'data')
  await spend(stack, aUser())
  await until(async () => expect(await stack.atFlowglad.events()).toHaveLength(1))
  node.kill()
  expect(await once(node, 'exit')).toEqual([null, 'SIGTERM'])
})
