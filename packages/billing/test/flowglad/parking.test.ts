import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/index.ts'
import { ledgerFile } from './ledgerFile.ts'
import { bodies, chargeOf, poison, rejection, spend, usageEvents } from './spending.ts'
import { aUser, startStack } from './startStack.ts'
import { until } from './until.ts'

const operatorScript = fileURLToPath(new URL('./operator.ts', import.meta.url))

test('an event that Flowglad rejects alone, while others succeed, is parked, shown and retried', async () => {
  await using stack = await startStack({
    started: false,
    options: { parkAfterFailures: 3, parkAfterMs: 1, parkedRetryMs: 1 },
  })
  let poisoned = true
  const { charge } = await poison(stack, () => poisoned)
  for (let n = 0; n < 4; n++) {
    await spend(stack, aUser('bob'))
    await stack.billing.drain()
  }
  expect(await stack.ledger.health()).toMatchObject({ waiting: 0, parked: 1 })
  expect(await stack.ledger.parked(10)).toMatchObject([
    {
      customer: 'ada',
      attempt: charge,
      meter: 'generations',
      amount: 2,
      reason: expect.stringContaining('sub_gone'),
    },
  ])
  expect((await stack.billing.balances(aUser())).balances[0]).toMatchObject({ parked: 1, available: 8 })
  expect(await stack.billing.health()).toMatchObject({ status: 'degraded', parked: 1 })
  poisoned = false
  await expect
    .poll(async () => {
      await stack.billing.drain()
      return (await stack.ledger.health()).parked
    })
    .toBe(0)
  expect(await stack.books.available(aUser(), 'generations')).toBe(8)
})

test('who is short by nothing but an event that Flowglad itself rejects is out of credits, not kept waiting', async () => {
  await using stack = await startStack({ started: false })
  await poison(stack, () => true)
  await spend(stack, aUser('bob'))
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  await expect(spend(stack, aUser(), 9)).rejects.toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS', availableBalance: 8 },
  })
})

test('an event that Flowglad records and then fails on is not taken for rejected', async () => {
  await using stack = await startStack({ started: false })
  const charge = await chargeOf(stack, aUser(), 2)
  let recorded = Promise.resolve<unknown>(undefined)
  stack.proxy.breakWith(({ path, body }) => {
    if (!usageEvents.test(path) || !body.includes(charge)) return
    // Once: what comes after is let through.
    stack.proxy.mend()
    recorded = fetch(`${stack.flowglad.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: stack.flowglad.key },
      body,
    })
    return { state: 'json', status: 500, body: rejection }
  })
  expect(await stack.billing.drain()).toBe(true)
  await recorded
  expect(await stack.books.events()).toHaveLength(1)
  expect(await stack.billing.refresh(aUser())).toMatchObject({
    balances: expect.arrayContaining([expect.objectContaining({ meter: 'generations', available: 8 })]),
  })
})

test('an event without an answer stays ambiguous, though Flowglad rejects it when it is sent again', async () => {
  await using stack = await startStack({ started: false })
  await chargeOf(stack, aUser(), 2)
  stack.proxy.breakWith(({ path }) => (usageEvents.test(path) ? { state: 'answerLost' } : undefined))
  await stack.billing.drain()
  stack.proxy.breakWith(({ path }) =>
    usageEvents.test(path) ? { state: 'json', status: 500, body: rejection } : undefined,
  )
  await stack.billing.drain()
  await stack.billing.refresh(aUser())
  await expect(spend(stack, aUser(), 7)).rejects.toMatchObject({ denial: { code: 'BILLING_UNAVAILABLE' } })
})

test('a parked event that fails again is parked again at once, also after a restart and by another node', async () => {
  using file = ledgerFile()
  await using stack = await startStack({
    ledger: sqliteLedger(file.path),
    started: false,
    options: { parkAfterFailures: 0, parkAfterMs: 0, parkedRetryMs: 1 },
  })
  await poison(stack, () => true)
  await spend(stack, aUser('bob'))
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ parked: 1 })

  // This one would count to ten, over a quarter of an hour.
  await using other = await startStack({ ledger: sqliteLedger(file.path), started: false, beside: stack })
  await spend(other, aUser('eve'))
  await other.billing.drain()
  expect(await other.ledger.customersToDeliver(10)).toEqual([])
  expect(await other.ledger.health()).toMatchObject({ waiting: 0, parked: 1 })
  await expect(spend(other, aUser(), 9)).rejects.toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS' },
  })
})

test('an operator drops an event from a second process: its retries end, and its units come back with the next fetch', async () => {
  using file = ledgerFile()
  await using stack = await startStack({
    ledger: sqliteLedger(file.path),
    options: { parkAfterFailures: 0, parkAfterMs: 0, parkedRetryMs: 1 },
  })
  const { charge } = await poison(stack, () => true)
  await spend(stack, aUser('bob'))
  const tries = () => bodies(stack, usageEvents).filter((body) => body.includes(charge)).length
  await until(async () => expect(await stack.ledger.health()).toMatchObject({ parked: 1 }))
  const before = tries()
  await until(() => expect(tries()).toBeGreaterThan(before))

  const operator = spawn(process.execPath, ['--import', 'tsx', operatorScript, file.path, 'ada', charge])
  expect(await once(operator, 'exit')).toEqual([0, null])
  // One try may be on its way.
  await stack.billing.drain()
  const after = tries()
  for (let n = 0; n < 5; n++) await stack.billing.drain()
  expect(tries()).toBe(after)
  expect(await stack.ledger.health()).toMatchObject({ waiting: 0, parked: 0 })

  expect(await stack.billing.refresh(aUser())).toMatchObject({
    balances: expect.arrayContaining([expect.objectContaining({ meter: 'generations', available: 10 })]),
  })
  expect((await stack.ledger.charges({ customer: 'ada', limit: 1, cursor: null })).charges).toMatchObject([
    { transactionId: charge, state: 'dropped' },
  ])
})

test('an outage parks nothing, however often and long it rejects everybody', async () => {
  await using stack = await startStack({ started: false, options: { parkAfterFailures: 2, parkAfterMs: 1 } })
  await spend(stack, aUser())
  await spend(stack, aUser('bob'))
  stack.proxy.breakWith(({ path }) =>
    usageEvents.test(path) ? { state: 'json', status: 500, body: rejection } : undefined,
  )
  for (let n = 0; n < 6; n++) await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 2, parked: 0 })
})
