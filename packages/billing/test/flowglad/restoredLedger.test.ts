import { setTimeout } from 'node:timers/promises'
import { APIError } from '@flowglad/node'
import { expect, onTestFinished, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { RestoredLedger } from '../../src/flowglad/restoredLedger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { ledgerDefaults } from '../../src/ledger/ledgerOptions.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { testClock } from '../../src/testing/testClock.ts'
import { aSettle } from '../ledger/builders.ts'
import { until } from './until.ts'

const pageSize = 100

/** Builds an event of Flowglad's list. By default, it is an event that the ledger has sent and then lost. */
const listed = (ledger: string, number: number, event: Record<string, unknown> = {}) => ({
  transactionId: `attempt-${number}`,
  subscriptionId: 'sub_1',
  amount: 1,
  createdAt: Date.now() - number,
  properties: { ledger, customer: 'ada', meter: 'generations', procedure: 'write' },
  ...event,
})
type Listed = ReturnType<typeof listed>

/**
 * Prepares a check of a ledger against Flowglad's list of usage events, newest first. `events` receives the
 * ledger's ID and returns the list. `page` can replace Flowglad's response.
 */
async function aCheck({
  events,
  ledger = sqliteLedger(':memory:'),
  page = async (answer) => answer,
}: {
  events: (ledger: string) => Listed[]
  ledger?: Ledger
  page?: (answer: unknown) => Promise<unknown>
}) {
  const list = events(await ledger.id())
  const reads: number[] = []
  const stopping = new AbortController()
  onTestFinished(async () => {
    stopping.abort()
    await ledger.close()
  })
  const clock = testClock()
  const restored = new RestoredLedger({
    ledger,
    flowglad: {
      async newestUsageEvents(cursor: string | null) {
        const start = Number(cursor ?? 0)
        reads.push(start)
        const end = start + pageSize
        const nextCursor = end < list.length ? `${end}` : null
        return page({ data: list.slice(start, end), nextCursor })
      },
    },
    clock,
    options: { decisionMs: 10_000 },
    logger: silent,
    stopping: stopping.signal,
  })
  return { ledger, restored, reads, clock, stopping }
}

/** Books and acknowledges one event for each attempt. */
async function settled(ledger: Ledger, ...attempts: string[]) {
  for (const attempt of attempts) await ledger.execute(aSettle({ attempt }))
  const events = attempts.map((attempt) => ({ attempt, meter: 'generations', priceId: null }))
  await ledger.execute({ type: 'acknowledge', customer: 'ada', events })
}

const chargesOf = async (ledger: Ledger) =>
  (await ledger.charges({ customer: 'ada', limit: 500, cursor: null })).charges.length

test('recognizes a restored ledger and recovers the lost events', async () => {
  const { ledger, restored } = await aCheck({ events: (id) => [listed(id, 1), listed(id, 2)] })
  await restored.ready({ keyed: true })
  await until(() => expect(restored.isReady).toBe(true))
  expect(restored.recognizesKeys).toBe(true)
  expect(await chargesOf(ledger)).toBe(2)
})

test.each<[what: string, event: (id: string) => Listed]>([
  ['has not acknowledged', (id) => listed(id, 0, { transactionId: 'open' })],
  [
    'may have pruned, even if Flowglad’s clock is an hour ahead',
    (id) => listed(id, 1, { createdAt: Date.now() - ledgerDefaults.chargeRetentionMs + 3_600_000 }),
  ],
  ['has never sent', () => listed('another-ledger', 1)],
])('does not infer a restore from an event that the ledger %s', async (_, event) => {
  const ledger = sqliteLedger(':memory:')
  await ledger.execute(aSettle({ attempt: 'open' }))
  const { restored } = await aCheck({ ledger, events: (id) => [event(id)] })
  expect(await restored.tryCheck()).toBe('checked')
  expect(restored.isRecovering).toBe(false)
  expect(restored.recognizesKeys).toBe(false)
})

test("reads Flowglad's list until a page contains no lost events", async () => {
  const lost = [0, 150]
  const ledger = sqliteLedger(':memory:')
  const all = Array.from({ length: 500 }, (_, number) => number)
  await settled(ledger, ...all.filter((it) => !lost.includes(it)).map((number) => `attempt-${number}`))
  const { restored, reads } = await aCheck({
    ledger,
    events: (id) => all.map((number) => listed(id, number)),
  })
  await restored.ready({ keyed: true })
  expect(restored.isRecovering).toBe(false)
  expect(await chargesOf(ledger)).toBe(500)
  // The check reads the first page. The recovery reads pages until one has no lost events.
  expect(reads).toEqual([0, 0, 100, 200])
})

test('continues the recovery after Flowglad has rejected a request for its list of events', async () => {
  const { ledger, restored, reads, clock, stopping } = await aCheck({
    events: (id) => [listed(id, 1)],
    page: async (answer) => {
      if (reads.length === 2) throw new APIError(400, { error: 'no', code: 'NO' }, undefined, new Headers())
      return answer
    },
  })
  await restored.ready({ keyed: true })
  expect(reads.length).toBe(2)
  expect(await ledger.restoreState()).toMatchObject({ isRecovering: true })
  const running = restored.run(stopping.signal)
  await until(() => expect(restored.isRecovering).toBe(false))
  expect(await chargesOf(ledger)).toBe(1)
  stopping.abort()
  await clock.advance(10_000)
  await running
})

test('recovers all lost events after a recovery that failed halfway', async () => {
  const { ledger, restored, reads, clock, stopping } = await aCheck({
    events: (id) => Array.from({ length: 250 }, (_, number) => listed(id, number)),
    page: async (answer) => {
      if (reads.length === 3) throw new Error('no answer')
      return answer
    },
  })
  await restored.ready({ keyed: true })
  expect(await chargesOf(ledger)).toBe(100)
  const running = restored.run(stopping.signal)
  await until(() => expect(restored.isRecovering).toBe(false))
  expect(await chargesOf(ledger)).toBe(250)
  stopping.abort()
  await clock.advance(10_000)
  await running
})

test('continues the recovery when it finds usage that was delivered after the restore', async () => {
  const ledger = sqliteLedger(':memory:')
  const all = Array.from({ length: 250 }, (_, number) => number)
  const delivered = all.slice(0, 150).map((number) => `attempt-${number}`)
  const { restored, reads } = await aCheck({
    ledger,
    events: (id) => all.map((number) => listed(id, number)),
  })
  await ledger.markRestored()
  await setTimeout(2)
  // A node that hasn't noticed the restore delivers new usage.
  await settled(ledger, ...delivered)
  await restored.ready({ keyed: true })
  expect(await chargesOf(ledger)).toBe(250)
  expect(reads).toEqual([0, 100, 200])
})

test('requires a new check once another node records a restore or a connection breaks', async () => {
  let interruptions = 0
  const ledger = sqliteLedger(':memory:')
  const { restored } = await aCheck({
    ledger: { ...ledger, interruptions: () => interruptions },
    events: () => [],
  })
  await restored.tryCheck()
  expect(await restored.isStillReady()).toBe(true)
  interruptions = 1
  expect(await restored.isStillReady()).toBe(false)
  await restored.tryCheck()
  expect(await restored.isStillReady()).toBe(true)
  await ledger.markRestored()
  expect(await restored.isStillReady()).toBe(false)
})

test('recognizes keys if another node completes a recovery during the check', async () => {
  const ledger = sqliteLedger(':memory:')
  const { restored } = await aCheck({
    ledger,
    events: () => [],
    page: async (answer) => {
      await ledger.markRestored()
      await ledger.markRecovered()
      return answer
    },
  })
  await restored.tryCheck()
  expect(restored.recognizesKeys).toBe(true)
})

test('recovers again if the store was reopened during the recovery', async () => {
  let interruptions = 0
  const ledger = sqliteLedger(':memory:')
  const { restored, reads, clock, stopping } = await aCheck({
    ledger: { ...ledger, interruptions: () => interruptions },
    events: (id) => [listed(id, 1)],
    page: async (answer) => {
      if (reads.length === 2) interruptions = 1
      return answer
    },
  })
  await restored.ready({ keyed: true })
  expect(await ledger.restoreState()).toMatchObject({ isRecovering: true })
  const running = restored.run(stopping.signal)
  await until(async () => expect(await ledger.restoreState()).toMatchObject({ isRecovering: false }))
  stopping.abort()
  await clock.advance(10_000)
  await running
})

test.each([
  ['transaction ID', { transactionId: 'x'.repeat(65) }],
  ['amount', { amount: 0 }],
  ['customer', { properties: { customer: 'a\0b' } }],
  ['procedure', { properties: { procedure: '' } }],
])(
  'ignores a copied event whose %s the ledger could not have sent',
  async (_, { properties, ...event }: { properties?: Record<string, string> } & Record<string, unknown>) => {
    const { ledger, restored } = await aCheck({
      events: (id) => {
        const own = listed(id, 1)
        return [own, { ...own, ...event, properties: { ...own.properties, ...properties } }]
      },
    })
    await restored.ready({ keyed: true })
    expect(restored.isRecovering).toBe(false)
    expect(await chargesOf(ledger)).toBe(1)
  },
)

test('pauses between checks of the ledger while Flowglad does not respond', async () => {
  const { restored, reads, clock } = await aCheck({
    events: () => [],
    page: () => Promise.reject(new Error('no answer')),
  })
  await restored.ready({ keyed: false })
  await restored.ready({ keyed: true })
  expect(reads.length).toBe(1)
  await clock.advance(10_000)
  await restored.ready({ keyed: false })
  expect(reads.length).toBe(2)
})

test('checks the ledger again if the store was reopened during the check', async () => {
  let interruptions = 0
  const { restored } = await aCheck({
    ledger: { ...sqliteLedger(':memory:'), interruptions: () => interruptions },
    events: () => [],
    page: async (answer) => {
      interruptions = 1
      return answer
    },
  })
  expect(await restored.tryCheck()).toBe('failed')
  expect(await restored.tryCheck()).toBe('checked')
})

test('lets calls without a key start before the recovery has ended', async () => {
  let recover = () => {}
  const recovering = new Promise<void>((resolve) => {
    recover = resolve
  })
  const { ledger, restored, reads } = await aCheck({
    events: (id) => [listed(id, 1)],
    page: async (answer) => {
      if (reads.length === 2) await recovering
      return answer
    },
  })
  await restored.ready({ keyed: false })
  let answered = false
  const keyed = restored.ready({ keyed: true }).then(() => {
    answered = true
  })
  await restored.ready({ keyed: false })
  await new Promise((resolve) => setImmediate(resolve))
  expect(answered).toBe(false)
  recover()
  await keyed
  expect(await chargesOf(ledger)).toBe(1)
})
