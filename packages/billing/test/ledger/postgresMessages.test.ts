import fc from 'fast-check'
import { Client, Pool } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { KeyRow } from '../../src/ledger/core/rows.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { bucketOf } from '../../src/ledger/stores/postgres/bucketOf.ts'
import type { PostgresClient } from '../../src/ledger/stores/postgres/index.ts'
import { postgresLedger } from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { rowsLiteral, rowType } from '../../src/ledger/stores/postgres/rowType.ts'
import { tables } from '../../src/ledger/stores/tables.ts'
import { aBudget, aReserve, fetched, settleOf, units } from './builders.ts'
import { setBudget } from './contract/steps.ts'
import { createDatabase, query } from './postgres.ts'

/** Opens a ledger with units for one customer. Records the messages that the ledger sends to the server. */
async function aLedger(options = '') {
  const address = await createDatabase()
  const pool = new Pool({ connectionString: address, max: 1, options })
  const messages: string[] = []
  pool.on('connect', (client: PostgresClient) => {
    const send = client.query.bind(client)
    client.query = (...args) => {
      messages.push(args[0].text)
      return send(...args)
    }
  })
  const ledger = postgresLedger(pool)
  onTestFinished(async () => {
    await ledger.close()
    await pool.end()
  })
  await fetched(ledger, units(100))
  const sentBy = async (work: () => Promise<unknown>) => {
    messages.length = 0
    await work()
    return [...messages]
  }
  return { address, ledger, sentBy }
}

const begin = expect.stringMatching(/^BEGIN\b.*metered\.load_/s)

test('locks and loads a batch in one message and writes and commits it in another', async () => {
  const { ledger, sentBy } = await aLedger()
  const both = [begin, expect.stringMatching(/metered\.write_.*COMMIT$/s)]
  const reserve = aReserve({ key: 'k' })
  expect(await sentBy(() => ledger.execute(reserve))).toEqual(both)
  expect(await sentBy(() => ledger.execute(settleOf(reserve, { result: '1' })))).toEqual(both)
  const customers = ['ada', 'bob', 'cleo', 'ada']
  const batch = () => Promise.all(customers.map((customer) => ledger.execute(aReserve({ customer }))))
  expect(await sentBy(batch)).toEqual(both)
})

test('writes a budget once if a batch changes and replaces it', async () => {
  const { ledger, sentBy } = await aLedger()
  await setBudget(ledger)
  const answer = await ledger.execute(aBudget({ timeZone: 'Europe/Berlin', usedSince: 0 }))
  const since = answer.state === 'needsUsage' ? answer.since : 0
  const replace = aBudget({ timeZone: 'Europe/Berlin', usedSince: since })
  expect(await sentBy(() => Promise.all([ledger.execute(aReserve()), ledger.execute(replace)]))).toEqual([
    begin,
    expect.stringMatching(/metered\.write_.*COMMIT$/s),
  ])
})

test('rolls back a batch that changes nothing', async () => {
  const { ledger, sentBy } = await aLedger()
  const unknown = aReserve({ customer: 'bob' })
  expect(await sentBy(() => ledger.execute(unknown))).toEqual([begin, 'ROLLBACK'])
})

const balance = async (ledger: Ledger) => (await ledger.balances('ada')).balances[0]

test('commits nothing of a batch if one of its rows can’t be written', async () => {
  const { address, ledger } = await aLedger()
  await query(
    address,
    `CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'rejected'; END $$;
     CREATE TRIGGER reject BEFORE INSERT ON metered.event FOR EACH ROW
       WHEN (new.amount = 13) EXECUTE FUNCTION reject()`,
  )
  const [good, bad] = [aReserve({ key: 'good' }), aReserve({ key: 'bad' })]
  await Promise.all([ledger.execute(good), ledger.execute(bad)])
  // PostgreSQL rejects the batch, and the ledger then runs its commands one by one.
  expect(
    await Promise.allSettled([
      ledger.execute(settleOf(good)),
      ledger.execute(settleOf(bad, { amount: 13, result: '"done"' })),
    ]),
  ).toMatchObject([{ value: { state: 'settled' } }, { reason: { message: 'rejected' } }])
  expect(await balance(ledger)).toMatchObject({ available: 98, held: 1, used: 1 })
  expect(await ledger.execute(aReserve({ key: 'bad' }))).toMatchObject({ state: 'inProgress' })
  await ledger.execute(settleOf(bad))
  expect(await balance(ledger)).toMatchObject({ available: 98, held: 0, used: 2 })
})

test.each([
  ['off', 'on'],
  ['local', 'local'],
  ['remote_apply', 'remote_apply'],
  ['on', 'on'],
])(
  'commits with synchronous_commit set to "on" or stronger (server setting: %s)',
  async (given, expected) => {
    const { address, ledger } = await aLedger(`-c synchronous_commit=${given}`)
    await query(
      address,
      `CREATE TABLE observed (value text);
     CREATE FUNCTION observe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO observed VALUES (current_setting('synchronous_commit')); RETURN NULL;
     END $$;
     CREATE TRIGGER observe AFTER INSERT ON metered.event EXECUTE FUNCTION observe()`,
    )
    const reserve = aReserve()
    await ledger.execute(reserve)
    await ledger.execute(settleOf(reserve))
    expect(await query(address, 'SELECT DISTINCT value FROM observed')).toEqual([{ value: expected }])
  },
)

describe.each(['on', 'off'])('with standard_conforming_strings = %s', (setting) => {
  const options = `-c standard_conforming_strings=${setting}`
  const dangerous = [
    `'; DROP SCHEMA metered; --`,
    `\\'`,
    '$rows$',
    '$rows$; ROLLBACK; $rows$',
    '$$',
    '\\$',
    '"$1',
  ]

  // PostgreSQL can't store NUL, but commands with NUL are rejected before they are queued.
  const text = fc.string({ unit: 'binary' }).map((it) => it.replaceAll('\0', '$'))

  test('passes every row to the server unchanged', async () => {
    const client = new Client({ connectionString: await createDatabase(), options })
    await client.connect()
    const type = rowType(tables.key, ['customer', 'result', 'resultBytes'])
    await client.query(`CREATE SCHEMA metered; ${type.create}`)
    const read = async (rows: Pick<KeyRow, 'customer' | 'result' | 'resultBytes'>[]) =>
      (
        await client.query(
          `SELECT customer, result, result_bytes::int AS "resultBytes"
           FROM unnest(${rowsLiteral(type, rows, bucketOf)}::${type.name}[])`,
        )
      ).rows
    const rows = dangerous.map((result) => ({ customer: '', result, resultBytes: -1 }))
    expect(await read(rows)).toEqual(rows)
    const row = fc.record({ customer: text, result: fc.option(text), resultBytes: fc.nat() })
    await fc.assert(
      fc.asyncProperty(fc.array(row), async (given) => {
        expect(await read(given)).toEqual(given)
      }),
    )
    await client.end()
  })

  test.each(dangerous)('stores %j in names and results', async (text) => {
    const { ledger } = await aLedger(options)
    await fetched(ledger, units(5), { customer: text })
    const reserve = aReserve({ customer: text, key: 'k', procedure: text })
    expect(await ledger.execute(reserve)).toMatchObject({ state: 'held' })
    const result = JSON.stringify(text)
    await ledger.execute(settleOf(reserve, { result, reference: text, properties: { [text]: text } }))
    expect(await ledger.execute(aReserve({ ...reserve, attempt: 'other' }))).toEqual({
      state: 'completed',
      result,
    })
    expect(await ledger.charges({ customer: text, limit: 1, cursor: null })).toMatchObject({
      charges: [{ reference: text }],
    })
  })
})
