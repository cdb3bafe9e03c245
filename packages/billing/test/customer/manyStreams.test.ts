import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import type { BalancesAnswer } from '../../src/contract/balances.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, type StackSetup, startStack, type User } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()
const ben = aUser('ben')

/** Starts a stack that counts reads of balances. The polling interval is so long that only commits wake a stream. */
async function start(options: StackSetup['options'] = {}) {
  const inner = sqliteLedger(':memory:')
  let reads = 0
  const balances = (customer: string) => {
    reads++
    return inner.balances(customer)
  }
  const stack = await startStack({
    started: false,
    ledger: { ...inner, balances },
    options: { livePollMs: 600_000, ...options },
  })
  for (const user of [ada, ben]) await stack.billing.refresh(user)
  return {
    ...stack,
    /** Returns the number of reads since the last call. */
    readsSince() {
      const count = reads
      reads = 0
      return count
    },
    /** Opens a stream and waits for its first balances. */
    async open(user: User) {
      const answers = stack.billing.watch(user)
      const seen = [await answers.next()].map(({ value }) => value as BalancesAnswer)
      const reading = (async () => {
        for await (const answer of answers) seen.push(answer)
      })()
      const end = reading.then(
        () => 'ended',
        (error: unknown) => billingDenial(error)?.code,
      )
      return { seen, newest: () => seen.at(-1), isOpen: () => Promise.race([end, setTimeout(20, 'open')]) }
    },
  }
}

const spend = ({ billing }: Pick<Awaited<ReturnType<typeof startStack>>, 'billing'>, user = ada) =>
  billing.meter({ customer: user, meter: 'tokens' }, () => 'done')

test('reads the balances once per change for all open streams', async () => {
  await using stack = await start({ maxStreamsPerCustomer: 100 })
  const streams = []
  for (let n = 0; n < 50; n++) streams.push(await stack.open(ada))
  stack.readsSince()
  await spend(stack)
  const used = (answer: BalancesAnswer | undefined) =>
    answer?.balances.find(({ meter, held }) => meter === 'tokens' && held === 0)?.used
  for (const stream of streams) await expect.poll(() => used(stream.newest())).toBe(1)
  // Reserving and settling each change the balances, so two reads are allowed.
  expect(stack.readsSince()).toBeLessThanOrEqual(2)
  expect(new Set(streams.map((stream) => stream.newest())).size).toBe(1)
})

test('closes a customer’s oldest streams if that customer opens too many', async () => {
  await using stack = await start({ maxStreamsPerCustomer: 3 })
  const other = await stack.open(ben)
  const streams = []
  for (let n = 0; n < 5; n++) streams.push(await stack.open(ada))
  expect(await Promise.all(streams.map((stream) => stream.isOpen()))).toEqual([
    'STREAM_REPLACED',
    'STREAM_REPLACED',
    'open',
    'open',
    'open',
  ])
  expect(await other.isOpen()).toBe('open')
})

test('closes the oldest stream of the customer with the most streams if the node has too many', async () => {
  await using stack = await start({ maxStreams: 3 })
  const streams = [await stack.open(ben), await stack.open(ada), await stack.open(ada)]
  const newest = await stack.open(aUser('carl'))
  expect(await Promise.all([...streams, newest].map((stream) => stream.isOpen()))).toEqual([
    'open',
    'STREAM_REPLACED',
    'open',
    'open',
  ])
})

test('stops counting a stream when its reader disconnects', async () => {
  await using stack = await start({ maxStreamsPerCustomer: 1 })
  for (let n = 0; n < 3; n++) {
    const answers = stack.billing.watch(ada)
    await answers.next()
    await answers.return()
  }
  const first = await stack.open(ada)
  expect(await first.isOpen()).toBe('open')
  const second = await stack.open(ada)
  expect(await first.isOpen()).toBe('STREAM_REPLACED')
  expect(await second.isOpen()).toBe('open')
})

test('tells a browser that another stream has replaced its stream', async () => {
  await using app = await startApp({ started: false, options: { maxStreamsPerCustomer: 1 } })
  const stream = async () => {
    const response = await fetch(`${app.url}/billing.onBalances`, { headers: { user: 'ada' } })
    return response.body?.pipeThrough(new TextDecoderStream()).getReader()
  }
  const first = await stream()
  const second = await stream()
  let text = ''
  for (;;) {
    const chunk = await first?.read()
    if (!chunk || chunk.done) break
    text += chunk.value
  }
  expect(text).toMatch(
    /event: serialized-error\ndata: .*"httpStatus":409.*"billing":\{"code":"STREAM_REPLACED"\}/,
  )
  await second?.cancel()
})
