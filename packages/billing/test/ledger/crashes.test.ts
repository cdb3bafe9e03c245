import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Charge, Ledger } from '../../src/ledger/ledger.ts'
import { attemptId } from '../../src/metering/attemptId.ts'
import { aReserve, aTakeLease, fetched, settleOf, units } from './builders.ts'
import { openAt } from './processes/openAt.ts'
import { startNode } from './processes/startNode.ts'
import { startStores, storeNames } from './processes/stores.ts'

let stores: Awaited<ReturnType<typeof startStores>>
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores[Symbol.asyncDispose]())

/** A ledger of this process that outlives the node that comes to harm. */
async function survivor(store: (typeof storeNames)[number]) {
  const address = await stores[store]()
  let offsetMs = 0
  const { ledger, ...rest } = openAt(address, () => offsetMs)
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
      await using node = startNode(address, act, attempt)
      const [, signal] = await node.exited
      expect(signal).toBe('SIGKILL')
    },
  }
}

const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

describe.each(storeNames)('crash windows, %s', (store) => {
  test('before the hold is durable: nothing happened', async () => {
    await using it = await survivor(store)
    await it.afterDeath('dieInReserve')
    expect(await balance(it.ledger)).toMatchObject({ available: 10, held: 0 })
    expect(await it.ledger.execute(aReserve({ key: 'k' }))).toMatchObject({ state: 'held' })
  })

  test.each(['dieAfterReserve', 'dieInSettle'])(
    'after the hold, before settle is durable (%s): the units return at expiry and a retry runs again',
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

  test('after settle, before delivery: delivered after restart, and a retry gets the stored result', async () => {
    await using it = await survivor(store)
    await it.afterDeath('dieAfterSettle')
    expect(await it.ledger.execute(aReserve({ key: 'k' }))).toEqual({ state: 'completed', result: '"done"' })
    expect(await it.ledger.execute(aTakeLease({ purpose: 'deliver' }))).toMatchObject({
      ambiguous: [],
      events: [{ attempt: it.attempt, amount: 1 }],
    })
  })

  test('after delivery, before it is acknowledged: known to be ambiguous, and sent again', async () => {
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

  test('killed at work: answered ≤ charged ≤ answered + in flight, and the books agree', async () => {
    const address = await stores[store]()
    let offsetMs = 0
    await using it = openAt(address, () => offsetMs)
    await fetched(it.ledger, units(1_000_000))
    const answered = new Set<string>()
    const kills = 3
    for (let kill = 0; kill < kills; kill += 1) {
      await using node = startNode(address, 'work', '')
      await vi.waitFor(() => expect(node.lines.length).toBeGreaterThan(50), { timeout: 30_000, interval: 20 })
      node.kill('SIGKILL')
      await node.exited
      for (const line of node.lines) answered.add(line)
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

  test('a node stopped while it holds locks delays the others by seconds, not for ever, and goes on correctly', async () => {
    await using it = await survivor(store)
    const address = await stores[store]()
    await using other = openAt(address)
    await fetched(other.ledger, units(10))
    await using node = startNode(address, 'stopInReserve', it.attempt)
    await vi.waitFor(() => expect(node.lines).toEqual(['stopping']), { timeout: 30_000, interval: 20 })
    const reserve = aReserve()
    const waiting = other.ledger.execute(reserve)
    if (store === 'SQLite') {
      // A file's lock ends with its process; whoever waits is told, and nothing is lost.
      await expect(waiting).rejects.toThrow('storeOutOfReach')
    } else {
      expect(await waiting).toMatchObject({ state: 'held' })
      await other.ledger.execute(settleOf(reserve))
    }
    node.kill('SIGCONT')
    await node.exited
    expect(node.lines).toEqual(['stopping', 'held'])
    expect(await balance(other.ledger)).toMatchObject({ held: 1, used: store === 'SQLite' ? 0 : 1 })
  })
})

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
