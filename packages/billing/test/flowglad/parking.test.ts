import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { ledgerFile } from './ledgerFile.ts'
import { bodies, chargeOf, poison, rejection, spend, usageEvents } from './spending.ts'
import { aUser, startStack } from './startStack.ts'
import { until } from './until.ts'

const operatorScript = fileURLToPath(new URL('./operator.ts', import.meta.url))

test('parks an event while Flowglad rejects it but accepts other events', async () => {
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
  expect(await stack.atFlowglad.available(aUser(), 'generations')).toBe(8)
})

test("denies a call with INSUFFICIENT_CREDITS even if a rejected event's units would cover the shortfall", async () => {
  await using stack = await startStack({ started: false })
  await poison(stack, () => true)
  await spend(stack, aUser('bob'))
  await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 1, parked: 0 })
  await expect(spend(stack, aUser(), 9)).rejects.toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS', availableBalance: 8 },
  })
})

test('does not count an event as rejected when Flowglad records it but returns an error', async () => {
  await using stack = await startStack({ started: false })
  const charge = await chargeOf(stack, aUser(), 2)
  let recorded = Promise.resolve<unknown>(undefined)
  stack.proxy.breakWith(({ path, body }) => {
    if (!usageEvents.test(path) || !body.includes(charge)) return
    // Handle later requests normally.
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
  expect(await stack.atFlowglad.events()).toHaveLength(1)
  expect(await stack.billing.refresh(aUser())).toMatchObject({
    balances: expect.arrayContaining([expect.objectContaining({ meter: 'generations', available: 8 })]),
  })
})

test('keeps an event ambiguous if its response was lost, even if Flowglad rejects the retry', async () => {
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

test('parks a previously parked event again after one rejection on any node', async () => {
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

  // This node parks a new event only after ten rejections over 15 minutes.
  await using other = await startStack({ ledger: sqliteLedger(file.path), started: false, beside: stack })
  await spend(other, aUser('eve'))
  await other.billing.drain()
  expect(await other.ledger.customersToDeliver(10)).toEqual([])
  expect(await other.ledger.health()).toMatchObject({ waiting: 0, parked: 1 })
  await expect(spend(other, aUser(), 9)).rejects.toMatchObject({
    denial: { code: 'INSUFFICIENT_CREDITS' },
  })
})

test('stops retrying an event and returns its units once another process has dropped it', async () => {
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
  // Wait until a retry that is still in flight has ended.
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

test('parks nothing during an outage in which Flowglad rejects every event', async () => {
  await using stack = await startStack({ started: false, options: { parkAfterFailures: 2, parkAfterMs: 1 } })
  await spend(stack, aUser())
  await spend(stack, aUser('bob'))
  stack.proxy.breakWith(({ path }) =>
    usageEvents.test(path) ? { state: 'json', status: 500, body: rejection } : undefined,
  )
  for (let n = 0; n < 6; n++) await stack.billing.drain()
  expect(await stack.ledger.health()).toMatchObject({ waiting: 2, parked: 0 })
})
