import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Charge } from '../../src/ledger/reads.ts'
import { attemptId } from '../../src/metering/attemptId.ts'
import { aReserve, aTakeLease, fetched, settleOf, units } from './builders.ts'
import { buildNode } from './processes/buildNode.ts'
import { openAt } from './processes/openAt.ts'
import { startNode } from './processes/startNode.ts'
import { createStores, storeNames } from './processes/stores.ts'

let stores: Awaited<ReturnType<typeof createStores>>
let node: Awaited<ReturnType<typeof buildNode>>
beforeAll(async () => {
  stores = await createStores()
  node = await buildNode()
})
afterAll(async () => {
  await stores[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

/** Opens a ledger in the test's process, so the ledger stays open when the node crashes. */
async function survivor(store: (typeof storeNames)[number]) {
  const address = await stores[store]()
  let offsetMs = 0
  const { ledger, ...rest } = openAt(address, { offsetMs: () => offsetMs })
  await fetched(ledger, units(10))
  const attempt = attemptId(Date.now())
  return {
    ...rest,
    ledger,
    attempt,
    advance: (ms: number) => {
      offsetMs += ms
    },
    async afterDeath(act: string) {
      await using dying = startNode(node.script, address, act, attempt)
      const [, signal] = await dying.exited
      expect(signal).toBe('SIGKILL')
    },
  }
}

const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

describe.each(storeNames)('crash windows, %s', (store) => {
  test('changes nothing when the process dies before the hold is durable', async () => {
    await using it = await survivor(store)
    await it.afterDeath('dieInReserve')
    expect(await balance(it.ledger)).toMatchObject({ available: 10, held: 0 })
    expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
  })

  test.each(['dieAfterReserve', 'dieInSettle'])(
    'returns the units at expiry and allows a retry when the process dies before the settle is durable (%s)',
    async (act) => {
      await using it = await survivor(store)
      await it.afterDeath(act)
      expect(await balance(it.ledger)).toMatchObject({ available: 9, held: 1 })
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'inProgress' })
      it.advance(120_001)
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
      expect(await balance(it.ledger)).toMatchObject({ available: 9, held: 1, used: 0 })
    },
  )

  test.each(['dieAfterCount', 'dieInCount'])(
    'charges the last stored count once when the process dies before the settle is durable (%s)',
    async (act) => {
      await using it = await survivor(store)
      await it.afterDeath(act)
      it.advance(120_001)
      expect(await it.ledger.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result: null })
      expect(await balance(it.ledger)).toMatchObject({ available: 7, held: 0, used: 3 })
      expect(await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({
        events: [{ attempt: it.attempt, amount: 3 }],
      })
    },
  )

  test('delivers once and replays the result when the process dies between settle and delivery', async () => {
    await using it = await survivor(store)
    await it.afterDeath('dieAfterSettle')
    expect(await it.ledger.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result: '"done"' })
    expect(await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({
      ambiguous: [],
      events: [{ attempt: it.attempt, amount: 1 }],
    })
  })

  test('resends an event as ambiguous when the process dies between delivery and acknowledgement', async () => {
    await using it = await survivor(store)
    await it.afterDeath('dieAfterSend')
    expect(await it.ledger.execute(aTakeLease())).toMatchObject({ state: 'busy' })
    it.advance(30_001)
    expect(await it.ledger.customersToDeliver(10)).toEqual(['ada'])
    expect(await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({
      ambiguous: [{ attempt: it.attempt, amount: 1 }],
      events: [],
    })
  })

  test('charges every successful call, and no other calls except those in flight, if processes are killed', async () => {
    const address = await stores[store]()
    let offsetMs = 0
    await using it = openAt(address, { offsetMs: () => offsetMs })
    await fetched(it.ledger, units(1_000_000))
    const answered = new Set<string>()
    const kills = 3
    for (let kill = 0; kill < kills; kill += 1) {
      await using working = startNode(node.script, address, 'work', '')
      await expect.poll(() => working.lines.length).toBeGreaterThan(50)
      working.kill('SIGKILL')
      await working.exited
      for (const line of working.lines) answered.add(line)
    }
    const charged = new Set((await allCharges(it.ledger)).map((charge) => charge.transactionId))
    expect([...answered].filter((attempt) => !charged.has(attempt))).toEqual([])
    expect(charged.size).toBeLessThanOrEqual(answered.size + 16 * kills)
    offsetMs += 60_001
    await it.ledger.execute({ type: 'expire', customer: 'ada' })
    expect(await balance(it.ledger)).toMatchObject({
      available: 1_000_000 - charged.size,
      held: 0,
      used: charged.size,
    })
  })

  test("limits the wait for a stopped node's locks without losing that node's hold", async () => {
    const address = await stores[store]()
    await using other = openAt(address, { transactionTimeoutMs: 1000, ...timeouts[store] })
    await fetched(other.ledger, units(10))
    await using stopped = startNode(node.script, address, 'stopInReserve', attemptId(Date.now()))
    await expect.poll(() => stopped.lines).toEqual(['stopping'])
    const reserve = aReserve()
    const waiting = other.ledger.execute(reserve)
    if (store === 'SQLite') {
      // A stopped process keeps its lock on the file, so the call is rejected. The call holds no units.
      await expect(waiting).rejects.toMatchObject({ reason: 'storeOutOfReach' })
    } else {
      expect(await waiting).toMatchObject({ state: 'held' })
      await other.ledger.execute(settleOf(reserve))
    }
    stopped.kill('SIGCONT')
    await stopped.exited
    expect(stopped.lines).toEqual(['stopping', 'held'])
    expect(await balance(other.ledger)).toMatchObject({ held: 1, used: store === 'SQLite' ? 0 : 1 })
  })
})

/** The default timeout suffices for PostgreSQL, because the server ends the stopped node's transaction. */
const timeouts = { SQLite: { outOfReachAfterMs: 500 }, PostgreSQL: {} }

async function allCharges(ledger: Ledger): Promise<Charge[]> {
  const all: Charge[] = []
  let cursor: string | null = null
  do {
    const page = await ledger.charges({ customer: 'ada', limit: 500, cursor })
    all.push(...page.charges)
    cursor = page.cursor
  } while (cursor !== null)
  return all
}
