import { expect, test } from 'vitest'
import { systemClock } from '../../src/config/clock.ts'
import { createLeases } from '../../src/flowglad/leases.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aSettle } from '../ledger/builders.ts'
import { ledgerFile } from './ledgerFile.ts'
import { bulk, rejection, spend } from './spending.ts'
import { aUser, startStack } from './startStack.ts'
import { until } from './until.ts'

test('stops waiting for a lease after the given time and lets later callers take the lease', async () => {
  const ledger = sqliteLedger(':memory:')
  const leases = createLeases({ ledger, clock: systemClock, leaseMs: 30_000 })
  const first = await leases.takeForFetch('ada', 1_000)
  expect(await leases.takeForFetch('ada', 1)).toBeNull()
  const patient = leases.takeForFetch('ada', 30_000)
  await first?.leave()
  expect(await patient).not.toBeNull()
  await (await patient)?.leave()
  expect(await leases.tryDeliver('ada', 1)).not.toBeNull()
  await ledger.close()
})

test('keeps an event ambiguous if Flowglad rejected it only once', async () => {
  const ledger = sqliteLedger(':memory:')
  const leases = createLeases({ ledger, clock: systemClock, leaseMs: 30_000 })
  for (const attempt of ['unsent', 'rejected-once', 'rejected-twice'])
    await ledger.execute(aSettle({ attempt }))
  const lease = await leases.tryDeliver('ada', 10)
  const rejections: Record<string, number> = { unsent: 0, 'rejected-once': 1, 'rejected-twice': 2 }
  for (const event of lease?.events ?? []) lease?.rejections.set(event, rejections[event.attempt] ?? 0)
  await lease?.leave()
  const next = await leases.tryDeliver('ada', 10)
  expect(next?.ambiguous.map(({ attempt }) => attempt)).toEqual(['rejected-once'])
  expect(next?.events.map(({ attempt }) => attempt).sort()).toEqual(['rejected-twice', 'unsent'])
  await ledger.close()
})

test('stops a delivery that loses its lease', async () => {
  using file = ledgerFile()
  await using slow = await startStack({
    ledger: sqliteLedger(file.path),
    started: false,
    options: { leaseMs: 300 },
  })
  await spend(slow, aUser(), 1)
  await spend(slow, aUser(), 2)
  let open = () => {}
  const after = new Promise<void>((resolve) => {
    open = resolve
  })
  let first = true
  slow.proxy.breakWith(({ path }) => {
    if (!bulk.test(path) || !first) return
    first = false
    return { state: 'json', status: 500, body: rejection, after }
  })
  const draining = slow.billing.drain()
  await until(() => expect(slow.proxy.count(bulk)).toBe(1))
  await using other = await startStack({ ledger: sqliteLedger(file.path), started: false, beside: slow })
  await expect.poll(async () => (await other.billing.drain()) && slow.proxy.count(bulk)).toBe(2)
  // The first node gets Flowglad's rejection after it has lost the lease. With the lease, the node would search the
  // bulk request for the rejected event.
  open()
  await draining
  expect(slow.proxy.count(bulk)).toBe(2)
  expect((await slow.atFlowglad.events()).map(({ amount }) => amount).sort()).toEqual([1, 2])
})

test('installs no snapshot when a fetch loses its lease', async () => {
  using file = ledgerFile()
  await using slow = await startStack({ ledger: sqliteLedger(file.path), options: { leaseMs: 300 } })
  await spend(slow, aUser(), 1)
  await slow.billing.drain()
  await slow.billing.refresh(aUser())
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let first = true
  slow.proxy.breakWith(({ path }) => {
    if (!path.endsWith('/billing') || !first) return
    first = false
    return { state: 'answerHeld', until: opened }
  })
  const fetching = slow.billing.refresh(aUser())
  await until(() => expect(first).toBe(false))
  await using other = await startStack({ ledger: sqliteLedger(file.path), started: false, beside: slow })
  await other.atFlowglad.pay(aUser(), 'pro_monthly')
  const available = async () =>
    (await other.billing.balances(aUser())).balances.find(({ meter }) => meter === 'generations')?.available
  await expect.poll(async () => (await other.billing.refresh(aUser())) && (await available())).toBe(500)
  open()
  await fetching
  expect(await available()).toBe(500)
})
