import { Pool } from 'pg'
import { expect, test, vi } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { aReserve } from './builders.ts'
import { createDatabase } from './postgres.ts'
import { startSwallowingProxy } from './swallowingProxy.ts'

test('returns BILLING_UNAVAILABLE in bounded time while the database isn’t responding', async () => {
  const direct = new URL(await createDatabase())
  await using proxy = await startSwallowingProxy({ host: direct.hostname, port: Number(direct.port) })
  const address = new URL(direct)
  address.port = String(proxy.port)
  // These pools have no connect timeout. Without the ledger's own timeout, each attempt to connect would leak a slot.
  const pools = [1, 2].map(() => new Pool({ connectionString: address.href, max: 2 }))
  const [open, openLate] = pools.map(
    (pool) => () => postgresLedger(pool, { silentAfterMs: 1_500, outOfReachAfterMs: 500 }),
  )
  if (!open || !openLate) throw new Error('Expected two pools')
  await using stack = await startStack({ ledger: open() })
  const work = vi.fn(() => 'done')
  const spend = () => stack.billing.meter({ customer: aUser(), meter: 'generations' }, work)
  const expectWork = () => expect.poll(() => spend().catch(() => 'unavailable')).toBe('done')
  await expectWork()

  const before = work.mock.calls.length
  const interruptions = stack.ledger.interruptions()
  proxy.swallow()
  // This node starts during the outage, so it can't even read its tables.
  await using late = openLate()
  const unavailable = expect.objectContaining({
    denial: expect.objectContaining({ code: 'BILLING_UNAVAILABLE' }),
  })
  await Promise.all([
    ...Array.from({ length: 4 }, () => expect(spend()).rejects.toEqual(unavailable)),
    expect(stack.ledger.balances('ada')).rejects.toThrow(LedgerUnavailableError),
    expect(stack.ledger.prune()).rejects.toThrow(LedgerUnavailableError),
    expect(stack.billing.health()).resolves.toMatchObject({ status: 'unavailable' }),
    expect(late.execute(aReserve())).rejects.toThrow(LedgerUnavailableError),
    expect(late.prune()).rejects.toThrow(LedgerUnavailableError),
  ])
  expect(work).toHaveBeenCalledTimes(before)
  await expect.poll(() => stack.ledger.interruptions()).toBeGreaterThan(interruptions)

  proxy.heal()
  await expectWork()
  await expect.poll(() => late.execute(aReserve()).catch(() => null)).toMatchObject({ state: 'held' })
  await expect.poll(async () => (await stack.atFlowglad.events()).length).toBe(work.mock.calls.length)
  await stack.billing.close()
  for (const pool of pools) void pool.end()
})
