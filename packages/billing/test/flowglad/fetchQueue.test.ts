import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import { silent } from '../../src/config/logger.ts'
import { FetchQueue } from '../../src/flowglad/fetchQueue.ts'
import { createGate } from '../../src/flowglad/gate.ts'
import { createLeases } from '../../src/flowglad/leases.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { until } from './until.ts'

/** Starts a queue whose fetches wait until `open` is called. */
function startQueue(maxFetches: number) {
  const ledger = sqliteLedger(':memory:')
  const stopping = new AbortController()
  const fetched: string[] = []
  let leases = 0
  ledger.onCommit(({ type }) => {
    if (type === 'takeLease') leases++
  })
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const queue = new FetchQueue({
    leases: createLeases({ ledger, clock: systemClock, leaseMs: 30_000 }),
    async fetch({ id }) {
      fetched.push(id)
      await opened
    },
    maxFetches,
    leaseWaitMs: 30_000,
    logger: silent,
    stopping: stopping.signal,
  })
  return {
    queue,
    fetched,
    open,
    /**
     * Waits until `count` fetches have taken a lease. Each of these fetches then runs, or waits for another fetch
     * to end.
     */
    async leased(count: number) {
      await until(() => expect(leases).toBe(count))
      await new Promise(setImmediate)
    },
    stop: () => stopping.abort(),
    async [Symbol.asyncDispose]() {
      open()
      await queue.idle()
      await ledger.close()
    },
  }
}

test('joins a waiting fetch but never a running fetch', async () => {
  await using node = startQueue(1)
  const first = node.queue.add({ id: 'ada' }, false)
  expect(node.queue.join('ada', false)).toBe(first)
  expect(node.queue.begun('ada')).toBeNull()
  await until(() => expect(node.fetched).toEqual(['ada']))
  expect(node.queue.begun('ada')).toBe(first)
  expect(node.queue.join('ada', false)).toBeNull()
  const second = node.queue.add({ id: 'ada' }, false)
  expect(node.queue.join('ada', false)).toBe(second)
  node.open()
  expect(await second).toEqual({ state: 'installed' })
  expect(node.fetched).toEqual(['ada', 'ada'])
})

test('moves a waiting fetch to the front when an urgent caller joins it', async () => {
  await using node = startQueue(1)
  const first = node.queue.add({ id: 'first' }, false)
  await until(() => expect(node.fetched).toEqual(['first']))
  const queued = [node.queue.add({ id: 'patient' }, false), node.queue.add({ id: 'joined' }, false)]
  await node.leased(3)
  expect(node.queue.join('joined', true)).toBe(queued[1])
  node.open()
  await Promise.all([first, ...queued])
  expect(node.fetched).toEqual(['first', 'joined', 'patient'])
})

test('reports no room while the maximum number of fetches is running', async () => {
  await using node = startQueue(1)
  expect(node.queue.hasRoom).toBe(true)
  const fetching = node.queue.add({ id: 'ada' }, false)
  expect([node.queue.hasRoom, node.queue.isRunning('ada'), node.queue.isRunning('bob')]).toEqual([
    false,
    true,
    false,
  ])
  node.open()
  await fetching
  expect([node.queue.hasRoom, node.queue.isRunning('ada')]).toEqual([true, false])
})

test('fails only waiting fetches when the node stops', async () => {
  await using node = startQueue(1)
  const begun = node.queue.add({ id: 'ada' }, false)
  await until(() => expect(node.fetched).toEqual(['ada']))
  const waiting = node.queue.add({ id: 'bob' }, false)
  await node.leased(2)
  node.stop()
  node.open()
  expect([(await begun).state, (await waiting).state]).toEqual(['installed', 'failed'])
  await node.queue.idle()
  expect(node.fetched).toEqual(['ada'])
})

test('runs urgent fetches before other waiting fetches', async () => {
  const { enter } = createGate(1)
  const order: string[] = []
  let open = () => {}
  const first = enter(
    { urgent: false },
    () =>
      new Promise<void>((resolve) => {
        open = resolve
      }),
  )
  const joined = { urgent: false }
  const rest = [
    enter({ urgent: false }, async () => void order.push('refresh')),
    enter({ urgent: true }, async () => void order.push('denial')),
    enter(joined, async () => void order.push('refresh that a denial joined')),
  ]
  joined.urgent = true
  open()
  await Promise.all([first, ...rest])
  expect(order).toEqual(['denial', 'refresh that a denial joined', 'refresh'])
})
