import { Pool } from 'pg'
import { expect, test, vi } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aUser, startStack } from '../flowglad/startStack.ts'
import { aReserve } from './builders.ts'
import { startPostgres } from './postgres.ts'
import { startSwallowingProxy } from './swallowingProxy.ts'

test('a database that falls silent is BILLING_UNAVAILABLE to everybody, keeps nobody waiting, and is used again once it answers', async () => {
  await using server = await startPostgres(['-c', 'fsync=off'])
  const direct = new URL(await server.createDatabase())
  await using proxy = await startSwallowingProxy({ host: direct.hostname, port: Number(direct.port) })
  const address = new URL(direct)
  address.port = String(proxy.port)
  // No patience of their own: a place of the pool that waits for ever would be lost.
  const pools = [1, 2].map(() => new Pool({ connectionString: address.href, max: 2 }))
  const [ledger, late] = pools.map(
    (pool) => () => postgresLedger(pool, { silentAfterMs: 4_000, outOfReachAfterMs: 500 }),
  )
  if (!ledger || !late) throw new Error('Two pools')
  await using stack = await startStack({ ledger: ledger() })
  const work = vi.fn(() => 'done')
  const spend = () => stack.billing.meter({ customer: aUser(), meter: 'generations' }, work)
  const works = () => expect.poll(() => spend().catch(() => 'unavailable')).toBe('done')
  await works()

  const before = work.mock.calls.length
  proxy.swallow()
  const calls = await Promise.allSettled(Array.from({ length: 4 }, spend))
  expect(calls).toEqual(
    calls.map(() => ({
      status: 'rejected',
      reason: expect.objectContaining({
        denial: expect.objectContaining({ code: 'BILLING_UNAVAILABLE' }),
      }),
    })),
  )
  expect(work).toHaveBeenCalledTimes(before)
  await expect(stack.ledger.balances('ada')).rejects.toThrow(LedgerUnavailableError)
  await expect(stack.ledger.prune()).rejects.toThrow(LedgerUnavailableError)
  expect(await stack.billing.health()).toMatchObject({ status: 'unavailable' })
  // A node that starts meanwhile cannot even look at its tables.
  await using other = late()
  await expect(other.execute(aReserve())).rejects.toThrow(LedgerUnavailableError)
  await expect(other.prune()).rejects.toThrow(LedgerUnavailableError)

  proxy.heal()
  await works()
  await expect.poll(() => other.execute(aReserve()).catch(() => null)).toMatchObject({ state: 'held' })
  await expect.poll(async () => (await stack.books.events()).length).toBe(work.mock.calls.length)
  await stack.billing.close()
  for (const pool of pools) void pool.end()
})
