import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/index.ts'
import { aUser, type Stack, startStack } from './startStack.ts'

const node = fileURLToPath(new URL('./crashingNode.ts', import.meta.url))

/** A node that has reached the point. */
async function nodeAt(stack: Stack, file: string, point: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', node, file, stack.proxy.url, point], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(([code]) => Promise.reject(new Error(`The node ended by itself: ${code}`))),
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
    () => 'result of the second run',
  )
const left = async (stack: Stack) => (await stack.billing.balances(aUser())).balances[0]

test.each([
  { point: 'before reserve', result: 'result of the second run', charged: 3 },
  { point: 'during work', result: 'result of the second run', charged: 3 },
  { point: 'before settle', result: 'result of the second run', charged: 3 },
  { point: 'after settle', result: 'result of the first run', charged: 3 },
  { point: 'before acknowledge', result: 'result of the first run', charged: 3 },
])(
  'killed $point: a retry gets the $result, and Flowglad bills $charged units',
  async ({ point, result, charged }) => {
    const folder = mkdtempSync(join(tmpdir(), 'metered-'))
    const file = join(folder, 'ledger.db')
    try {
      await using stack = await startStack({ ledger: sqliteLedger(file), started: false })
      await crash(stack, file, point)
      await stack.billing.start()
      // While the dead node's hold lives, the key is taken.
      await expect.poll(() => retry(stack).catch((error) => error.denial.code)).toBe(result)
      await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
      expect((await stack.books.events()).map(({ amount }) => amount)).toEqual([charged])
      expect(await stack.books.available(aUser(), 'generations')).toBe(10 - charged)
      expect(await left(stack)).toMatchObject({ available: 10 - charged, held: 0 })
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('a process paused beyond the time to live loses its hold, and still books what it did, once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  const file = join(folder, 'ledger.db')
  try {
    await using stack = await startStack({ ledger: sqliteLedger(file) })
    const { child, ended } = await nodeAt(stack, file, 'paused')
    child.kill('SIGSTOP')
    await expect.poll(() => left(stack)).toMatchObject({ available: 10, held: 0 })
    child.kill('SIGCONT')
    child.stdin.write('go on')
    expect(await ended).toEqual([0, null])
    expect(await left(stack)).toMatchObject({ available: 7, used: 3, held: 0 })
    await stack.billing.drain()
    expect((await stack.books.events()).map(({ amount }) => amount)).toEqual([3])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('five kills in a row while delivery fails in every way: nothing that was answered is lost, nothing is billed twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-'))
  const file = join(folder, 'ledger.db')
  try {
    await using stack = await startStack({ ledger: sqliteLedger(file), started: false })
    await stack.billing.balances(aUser())
    await stack.books.pay(aUser(), 'pro_monthly')
    await stack.billing.refresh(aUser())
    const faults = ['answerLost', 'refused', 'bodyStalls', 'answerLost', 'refused'] as const
    for (const state of faults) {
      stack.proxy.breakWith(({ path }) => (/usage-events/.test(path) ? { state } : undefined))
      await crashWhileWorking(stack, file)
    }
    stack.proxy.mend()
    await stack.billing.start()
    await expect.poll(async () => (await stack.ledger.health()).waiting).toBe(0)
    const events = await stack.books.events()
    expect(events.length).toBeGreaterThanOrEqual(answered)
    expect(events.length).toBeLessThanOrEqual(answered + faults.length * inFlight)
    expect(new Set(events.map(({ transactionId }) => transactionId)).size).toBe(events.length)
    expect(await stack.books.available(aUser(), 'generations')).toBe(500 - events.length)
    await expect.poll(() => left(stack)).toMatchObject({ available: 500 - events.length, held: 0 })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

let answered = 0
const inFlight = 4
const busyNode = fileURLToPath(new URL('./busyNode.ts', import.meta.url))

/** A node that works and works; killed after some answers. */
async function crashWhileWorking(stack: Stack, file: string) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', busyNode, file, stack.proxy.url, String(inFlight)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = once(child, 'exit')
  let mine = 0
  child.stdout.on('data', (chunk: Buffer) => {
    mine += chunk.toString().split('\n').length - 1
    if (mine >= 8) child.kill('SIGKILL')
  })
  await ended
  answered += mine
}
