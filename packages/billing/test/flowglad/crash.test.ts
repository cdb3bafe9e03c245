import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { beforeAll, expect, test } from 'vitest'
import { buildScript } from '../../processes/buildScript.ts'
import { ledgerFile } from './ledgerFile.ts'
import { movedLedger } from './movedLedger.ts'
import { usageEvents } from './spending.ts'
import { aUser, type Stack, startStack } from './startStack.ts'

/** Longer than any hold or lease lasts. */
const untilAllExpiredMs = 600_000

let crashingNode = ''
let busyNode = ''
beforeAll(async () => {
  crashingNode = await buildScript('crashingNode', import.meta.url)
  busyNode = await buildScript('busyNode', import.meta.url)
})

/** Starts a node and waits until it reaches `point`. */
async function nodeAt(stack: Stack, file: string, point: string) {
  const child = spawn(process.execPath, [crashingNode, file, stack.proxy.url, point], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(([code]) => Promise.reject(new Error(`The node exited with ${code} before ${point}`))),
  ])
  return { child, ended }
}

async function crash(stack: Stack, file: string, point: string) {
  const { child, ended } = await nodeAt(stack, file, point)
  child.kill('SIGKILL')
  await ended
}

const retry = (stack: Stack) =>
  stack.billing.meter(
    { customer: aUser(), meter: 'generations', amount: 3, key: 'job', input: 'same' },
    () => 'the result of the second run',
  )
const generations = async (stack: Stack) => (await stack.billing.balances(aUser())).balances[0]

test.each([
  { point: 'before reserve', result: 'the result of the second run' },
  { point: 'during work', result: 'the result of the second run' },
  { point: 'before settle', result: 'the result of the second run' },
  { point: 'after settle', result: 'the result of the first run' },
  { point: 'before acknowledge', result: 'the result of the first run' },
])('bills once and returns $result to a retry if the process is killed $point', async ({ point, result }) => {
  using file = ledgerFile()
  const { ledger, pass } = movedLedger(file.path)
  await using stack = await startStack({ ledger, started: false })
  await crash(stack, file.path, point)
  pass(untilAllExpiredMs)
  await stack.billing.start()
  await expect.poll(() => retry(stack).catch((error) => error.denial.code)).toBe(result)
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  expect((await stack.atFlowglad.events()).map(({ amount }) => amount)).toEqual([3])
  expect(await stack.atFlowglad.available(aUser(), 'generations')).toBe(7)
  await expect.poll(() => generations(stack)).toMatchObject({ available: 7, held: 0 })
})

test("bills a stream's counted units once if the process is killed during the stream", async () => {
  using file = ledgerFile()
  const { ledger, pass } = movedLedger(file.path)
  await using stack = await startStack({ ledger, started: false })
  await crash(stack, file.path, 'during stream')
  pass(untilAllExpiredMs)
  await stack.billing.start()
  await expect.poll(() => stack.atFlowglad.available(aUser(), 'generations')).toBe(8)
  expect((await stack.atFlowglad.events()).map(({ amount }) => amount)).toEqual([2])
  await expect(retry(stack)).rejects.toMatchObject({ denial: { code: 'ALREADY_COMPLETED' } })
  expect(await generations(stack)).toMatchObject({ available: 8, used: 2, held: 0 })
})

test("returns IN_PROGRESS for a retry until the dead node's hold expires", async () => {
  using file = ledgerFile()
  const { ledger, pass } = movedLedger(file.path)
  await using stack = await startStack({ ledger, started: false })
  await crash(stack, file.path, 'during work')
  await expect(retry(stack)).rejects.toMatchObject({ denial: { code: 'IN_PROGRESS' } })
  pass(untilAllExpiredMs)
  expect(await retry(stack)).toBe('the result of the second run')
})

test('charges once if the hold expires while the process is suspended', async () => {
  using file = ledgerFile()
  const { ledger, pass } = movedLedger(file.path)
  await using stack = await startStack({ ledger })
  const { child, ended } = await nodeAt(stack, file.path, 'paused')
  child.kill('SIGSTOP')
  pass(untilAllExpiredMs)
  await expect.poll(() => generations(stack)).toMatchObject({ available: 10, held: 0 })
  child.kill('SIGCONT')
  child.stdin.write('continue')
  expect(await ended).toEqual([0, null])
  expect(await generations(stack)).toMatchObject({ available: 7, used: 3, held: 0 })
  await expect.poll(() => stack.billing.drain()).toBe(true)
  expect((await stack.atFlowglad.events()).map(({ amount }) => amount)).toEqual([3])
})

test('bills each successful call exactly once if five nodes are killed while deliveries fail', async () => {
  using file = ledgerFile()
  const { ledger, pass } = movedLedger(file.path)
  await using stack = await startStack({ ledger, started: false })
  await stack.billing.balances(aUser())
  await stack.atFlowglad.pay(aUser(), 'pro_monthly')
  await stack.billing.refresh(aUser())
  const faults = ['answerLost', 'refused', 'bodyStalls', 'answerLost', 'refused'] as const
  const nodeWidth = 4
  let answered = 0
  for (const state of faults) {
    stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state } : undefined))
    answered += await crashWhileWorking(stack, file.path, nodeWidth)
  }
  stack.proxy.mend()
  pass(untilAllExpiredMs)
  await stack.billing.start()
  await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
  const events = await stack.atFlowglad.events()
  expect(events.length).toBeGreaterThanOrEqual(answered)
  expect(events.length).toBeLessThanOrEqual(answered + faults.length * nodeWidth)
  expect(new Set(events.map(({ transactionId }) => transactionId)).size).toBe(events.length)
  expect(await stack.atFlowglad.available(aUser(), 'generations')).toBe(500 - events.length)
  await expect.poll(() => generations(stack)).toMatchObject({ available: 500 - events.length, held: 0 })
})

/** Starts a busy node, kills it after at least eight successful calls, and returns their number. */
async function crashWhileWorking(stack: Stack, file: string, width: number): Promise<number> {
  const child = spawn(process.execPath, [busyNode, file, stack.proxy.url, String(width)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let answered = 0
  child.stdout.on('data', (chunk: Buffer) => {
    answered += chunk.toString().split('\n').length - 1
    if (answered >= 8) child.kill('SIGKILL')
  })
  await ended
  return answered
}
