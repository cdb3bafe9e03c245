import { expect, onTestFinished, test } from 'vitest'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { aReserve, fetched, settleOf, units } from './builders.ts'
import { createDatabase, query } from './postgres.ts'

/** Opens a ledger whose database rejects the first `times` inserts of events with the SQLSTATE `state`. */
async function rejecting(state: string, times: number) {
  const address = await createDatabase()
  const ledger = postgresLedger(address)
  onTestFinished(() => ledger.close())
  await fetched(ledger, units(10))
  // Count the tries with a sequence, because a rollback doesn't reset a sequence.
  await query(
    address,
    `CREATE SEQUENCE tries;
     CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF nextval('tries') <= ${times} THEN RAISE 'rejected' USING ERRCODE = '${state}'; END IF;
       RETURN new;
     END $$;
     CREATE TRIGGER reject BEFORE INSERT ON metered.event FOR EACH ROW EXECUTE FUNCTION reject()`,
  )
  const reserve = aReserve()
  await ledger.execute(reserve)
  return { ledger, settle: () => ledger.execute(settleOf(reserve)) }
}

test.each([
  ['a serialization failure', '40001'],
  ['a deadlock', '40P01'],
  ['an unknown outcome of COMMIT', '40003'],
  ['a broken connection', '08006'],
  ['too many connections', '53300'],
  ['a canceled statement', '57014'],
  ['a database that shuts down', '57P01'],
  ['an I/O error', '58030'],
  ['a lock timeout', '55P03'],
])('runs a batch again after %s', async (_, state) => {
  const { ledger, settle } = await rejecting(state, 4)
  expect(await settle()).toEqual({ state: 'settled' })
  expect((await ledger.balances('ada')).balances).toMatchObject([{ available: 9, held: 0 }])
})

test('does not run a batch again after an error that a retry can’t fix', async () => {
  const { settle } = await rejecting('23514', 100)
  await expect(settle()).rejects.toMatchObject({ code: '23514' })
})

test('recovers automatically after the PostgreSQL server’s disk was full', async () => {
  const { settle } = await rejecting('53100', 4)
  await expect
    .poll(() => settle().catch((error: Error) => error.message))
    .toEqual(expect.objectContaining({ state: 'settled' }))
})
