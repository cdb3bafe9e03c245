import { expect, test } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { until } from '../flowglad/until.ts'
import { aTakeLease } from '../ledger/builders.ts'
import { startApp } from '../trpc/startApp.ts'

/** Wraps a ledger. `customers` lists the customers whose rows the health checks write. */
function probed(ledger = sqliteLedger(':memory:')) {
  const customers: string[] = []
  const execute: Ledger['execute'] = (command) => {
    if (command.customer.startsWith('health')) customers.push(command.customer)
    return ledger.execute(command)
  }
  return { customers, ledger: { ...ledger, execute } }
}

test('probes the ledger only once for concurrent checks', async () => {
  const { ledger, customers } = probed()
  await using stack = await startStack({ started: false, ledger })
  const answers = await Promise.all(Array.from({ length: 50 }, () => stack.billing.health()))
  expect(answers).toHaveLength(50)
  expect(customers).toHaveLength(1)
  expect(await stack.billing.health()).toEqual(answers[0])
  expect(customers).toHaveLength(2)
})

test('writes to the ledger on every check', async () => {
  const { ledger, customers } = probed()
  await using stack = await startStack({ started: false, ledger })
  const versions: number[] = []
  for (let look = 0; look < 3; look++) {
    expect(await stack.billing.health()).toMatchObject({ status: 'ok' })
    versions.push((await ledger.balances(customers[0] ?? '')).version)
  }
  expect(versions).toEqual([1, 2, 3])
})

test("probes a separate row for each node, so that a stuck node affects no other node's health", async () => {
  const { ledger, customers } = probed()
  await using one = await startStack({ started: false, ledger })
  await using two = await startStack({ started: false, ledger, beside: one })
  for (const node of [one, two, one]) await node.billing.health()
  const [first, second, third] = customers
  expect(first).not.toBe(second)
  expect(third).toBe(first)
})

test("doesn't report Flowglad as unavailable while another node holds the customer's lease", async () => {
  await using stack = await startStack({ started: false, options: { flowgladDeadlineMs: 300 } })
  await stack.ledger.execute(aTakeLease({ customer: 'ada' }))
  expect(await stack.billing.refresh(aUser())).toMatchObject({ asOf: null })
  expect(await stack.billing.health()).toMatchObject({ status: 'ok', reasons: [] })
})

test("doesn't report Flowglad as unavailable after the ledger was unavailable", async () => {
  const ledger = sqliteLedger(':memory:')
  let reads = 0
  let isAway = true
  const restoreState = async () => {
    reads += 1
    if (isAway) throw new LedgerUnavailableError('storeOutOfReach')
    return ledger.restoreState()
  }
  await using stack = await startStack({
    ledger: { ...ledger, restoreState },
    started: false,
    autoStart: true,
    options: { deliverMaxPauseMs: 60_000 },
  })
  await expect(stack.billing.refresh(aUser())).resolves.toBeDefined()
  await expect.poll(() => reads).toBeGreaterThan(0)
  // Wait until the delivery pass that has read the ledger ends.
  await new Promise((resolve) => setImmediate(resolve))
  isAway = false
  expect(await stack.billing.health()).toMatchObject({ status: 'ok', reasons: [] })
})

test('stops reporting Flowglad as unavailable once Flowglad accepts usage', async () => {
  await using stack = await startStack()
  const customer = aUser()
  await stack.billing.refresh(customer)
  stack.proxy.breakWith(() => ({ state: 'refused' }))
  await stack.billing.meter({ customer, meter: 'generations', amount: 1 }, () => 'done')
  await stack.billing.refresh(customer)
  expect((await stack.billing.health()).reasons).toEqual(['Flowglad is unavailable'])
  stack.proxy.mend()
  await until(async () => expect(await stack.billing.health()).toMatchObject({ reasons: [], waiting: 0 }))
})

test('returns 503 on /readyz only while the ledger is unavailable', async () => {
  await using app = await startApp()
  const ready = async () => {
    const response = await fetch(`${app.origin}/readyz`)
    return { status: response.status, body: await response.json() }
  }
  expect(await ready()).toMatchObject({ status: 200, body: { status: 'ok', reasons: [] } })
  app.proxy.breakWith(() => ({ state: 'refused' }))
  await app.client.ping.mutate().catch(() => {})
  await until(async () =>
    expect(await ready()).toMatchObject({
      status: 200,
      body: { status: 'degraded', reasons: ['Flowglad is unavailable'] },
    }),
  )
  await app.ledger.close()
  expect(await ready()).toMatchObject({ status: 503, body: { status: 'unavailable' } })
})

test('returns 200 on /healthz even while the ledger is unavailable', async () => {
  await using app = await startApp()
  await app.ledger.close()
  expect((await fetch(`${app.origin}/healthz`)).status).toBe(200)
})
