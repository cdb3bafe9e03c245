import fc from 'fast-check'
import { Client, Pool } from 'pg'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../src/cli/runCommand.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { DenialCount } from '../../src/ledger/reads.ts'
import { bucketOf } from '../../src/ledger/stores/postgres/bucketOf.ts'
import type { PostgresClient, PostgresQuery } from '../../src/ledger/stores/postgres/index.ts'
import { lockOrder } from '../../src/ledger/stores/postgres/lockTables.ts'
import {
  type PostgresLedgerOptions,
  postgresLedger,
} from '../../src/ledger/stores/postgres/postgresLedger.ts'
import { tables } from '../../src/ledger/stores/tables.ts'
import { aLeg, aReserve, fetched, settleOf, units } from './builders.ts'
import { postgresContract } from './contract/postgresContract.ts'
import { anAct, setBudget } from './contract/steps.ts'
import { createDatabase, createLedgerWithoutBuckets, query } from './postgres.ts'
import { testClock } from './testClock.ts'

/** The tables that contain customers' rows. */
const bucketed = Object.values(tables)
  .map(({ name }) => name)
  .filter((name) => name !== tables.ledgerAct.name)

/** Opens and closes the ledger, which creates or migrates its tables. Returns the ledger's address. */
async function opened(address: string): Promise<string> {
  const ledger = postgresLedger(address)
  await ledger.health()
  await ledger.close()
  return address
}

/** Runs the SQL that `metered schema` prints. Returns the ledger's address. */
async function runSchema(address: string, ...argv: string[]): Promise<string> {
  const { stdout } = await runCommand(['schema', ...argv], { folder: '', env: {}, user: 'olga' })
  await query(address, stdout)
  return address
}

const partitioned = async (partitions: number) =>
  runSchema(await opened(await createDatabase()), '--partitions', String(partitions))

describe('PostgreSQL, a ledger of an earlier release', () => postgresContract(createLedgerWithoutBuckets))

describe('PostgreSQL, partitioned, one bucket per batch', () =>
  postgresContract(() => partitioned(8), { batchBy: 'bucket' }))

test('computes the same bucket in Node and in SQL', async () => {
  const client = new Client({ connectionString: await createDatabase() })
  await client.connect()
  const name = fc.string({ unit: 'binary' }).map((it) => it.replaceAll('\0', '0'))
  await fc.assert(
    fc.asyncProperty(fc.array(name), async (customers) => {
      const { rows } = await client.query(
        `SELECT get_byte(sha256(convert_to(customer, 'UTF8')), 0) & 63 AS bucket
         FROM unnest($1::text[]) WITH ORDINALITY it (customer, place) ORDER BY place`,
        [customers],
      )
      expect(rows.map(({ bucket }) => bucket)).toEqual(customers.map(bucketOf))
    }),
  )
  await client.end()
  expect(new Set(Array.from({ length: 1000 }, (_, n) => bucketOf(`customer ${n}`))).size).toBe(64)
})

/** Returns the columns, indexes, triggers and constraints of the ledger's tables. */
const catalog = (address: string) =>
  query(
    address,
    `SELECT table_name AS name, column_name || ' ' || data_type || ' ' || is_nullable AS definition
     FROM information_schema.columns WHERE table_schema = 'metered'
     UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'metered'
     UNION ALL SELECT tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
       WHERE relnamespace = 'metered'::regnamespace AND NOT tgisinternal
     UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'metered'::regnamespace
     ORDER BY name, definition`,
  )

const primaryKeys = async (address: string) =>
  Object.fromEntries(
    (
      await query(
        address,
        `SELECT relname AS name, pg_get_constraintdef(k.oid) AS key
         FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid
         WHERE contype = 'p' AND relnamespace = 'metered'::regnamespace`,
      )
    ).map(({ name, key }) => [name, key]),
  )

test('every primary key of a new ledger starts with the bucket and the customer', async () => {
  const keys = await primaryKeys(await opened(await createDatabase()))
  for (const name of bucketed) expect(keys[name]).toMatch(/^PRIMARY KEY \(bucket, customer\b/)
})

test('names the bucket before the customer in every index of a new ledger', async () => {
  const address = await opened(await createDatabase())
  const indexes = await query(
    address,
    `SELECT indexdef FROM pg_indexes WHERE schemaname = 'metered' AND indexdef LIKE '%customer%'
       AND indexdef ~ 'USING btree \\(.*customer'`,
  )
  expect(indexes.length).toBeGreaterThan(bucketed.length)
  for (const { indexdef } of indexes) expect(indexdef).toMatch(/USING btree \(bucket, customer\b/)
})

/** Returns the number of rows whose bucket isn't their customer's bucket. */
async function countWrongBuckets(address: string): Promise<number> {
  const counts = await Promise.all(
    bucketed.map((name) =>
      query(
        address,
        `SELECT count(*)::int FROM metered.${name}
         WHERE bucket IS DISTINCT FROM get_byte(sha256(convert_to(customer, 'UTF8')), 0) & 63`,
      ),
    ),
  )
  return counts.flat().reduce((total, { count }) => total + count, 0)
}

/** Writes rows to every table that contains customers' rows. */
async function callAndAct(ledger: Ledger, customers: string[]) {
  await Promise.all(
    customers.map(async (customer) => {
      await fetched(ledger, units(10), { customer })
      await setBudget(ledger, { customer, limit: 1, mode: 'notify' })
      const labels = [{ dimension: 'model', value: 'small', atMost: 5 }]
      const legs = [aLeg({ labels })]
      const [settled, open] = ['settled', 'open'].map((key) => aReserve({ customer, key, legs }))
      if (!settled || !open) throw new Error('Expected two reserves')
      await ledger.execute(settled)
      await ledger.execute(settleOf(settled, { result: '"done"' }))
      await ledger.execute(open)
      await ledger.execute(anAct({ type: 'release', attempt: open.attempt }, { customer }))
      await ledger.execute(aReserve({ customer, key: 'other' }))
    }),
  )
  await ledger.countDenials(customers.map(aDenial))
}

const aDenial = (customer: string): DenialCount => ({
  ...{ customer, procedure: 'studio.generate', code: 'INSUFFICIENT_CREDITS', count: 1 },
  ...{ meter: 'generations', feature: null, required: 5, available: 3 },
  ...{ firstMsAgo: 0, lastMsAgo: 0 },
})

const customers = Array.from({ length: 100 }, (_, n) => `customer ${n}`)

test('fills in the buckets of rows that an earlier release writes before or after the migration', async () => {
  const address = await createLedgerWithoutBuckets()
  const insertAs = (customer: string) =>
    query(
      address,
      `INSERT INTO metered.customer (customer) VALUES ('${customer}');
       INSERT INTO metered.daily VALUES ('${customer}', '2026-01-01', 'generations', 1);
       INSERT INTO metered.act VALUES ('${customer}', 'id', 0, 'olga', 'test', '{}', '{}', '{}')`,
    )
  await insertAs('ada')
  await opened(address)
  await insertAs('bob')
  expect(await countWrongBuckets(address)).toBe(0)
  expect(await query(address, 'SELECT customer FROM metered.act ORDER BY customer')).toHaveLength(2)
})

test('`metered schema` gives an existing ledger the schema of a new one', async () => {
  const address = await createLedgerWithoutBuckets()
  await using ledger = postgresLedger(address)
  await callAndAct(ledger, ['ada', 'bob'])
  expect(await catalog(address)).not.toEqual(await catalog(await opened(await createDatabase())))
  await runSchema(address)
  expect(await catalog(address)).toEqual(await catalog(await opened(await createDatabase())))
  // A ledger that was open while its schema changed continues to work.
  await callAndAct(ledger, ['cleo'])
  await runSchema(address)
  expect(await countWrongBuckets(address)).toBe(0)
  for (const customer of ['ada', 'bob', 'cleo']) expect(await ledger.audit(customer)).toEqual([])
})

test('counts every denial of concurrent nodes before and after `metered schema`', async () => {
  const address = await createLedgerWithoutBuckets()
  const nodes = Array.from({ length: 4 }, () => postgresLedger(address))
  /** For each hour, all nodes write the first counts for the same customers at the same time. */
  const count = async () => {
    for (let hour = 0; hour < 100; hour += 1) {
      const lastMsAgo = hour * 3_600_000
      const denials = ['ada', 'bob'].map((it) => ({ ...aDenial(it), firstMsAgo: lastMsAgo, lastMsAgo }))
      await Promise.all([...nodes, ...nodes, ...nodes].map((ledger) => ledger.countDenials(denials)))
    }
  }
  const total = () => query(address, 'SELECT sum(count)::int AS total FROM metered.denial')
  await count()
  expect(await total()).toEqual([{ total: 2400 }])
  await runSchema(address)
  await count()
  expect(await total()).toEqual([{ total: 4800 }])
  for (const ledger of nodes) await ledger.close()
})

test('does not partition a ledger that this release hasn’t migrated', async () => {
  const address = await createLedgerWithoutBuckets()
  await expect(runSchema(address, '--partitions', '8')).rejects.toThrow(
    'Start a server of this release first',
  )
})

test('partitions a ledger without changing its rows', async () => {
  const address = await createLedgerWithoutBuckets()
  await using ledger = postgresLedger(address)
  await callAndAct(ledger, customers)
  const read = async () => ({
    rows: await Promise.all(
      bucketed.map((name) => query(address, `SELECT * FROM metered.${name} t ORDER BY t::text`)),
    ),
    keys: await primaryKeys(address),
  })
  await runSchema(address)
  const before = await read()
  await runSchema(address, '--partitions', '16')
  const after = await read()
  expect(after.rows).toEqual(before.rows)
  expect(after.keys).toMatchObject(before.keys)
  expect(
    await query(address, `SELECT FROM pg_inherits WHERE inhparent = 'metered.event'::regclass`),
  ).toHaveLength(16)
  await callAndAct(ledger, ['ada'])
  expect(await ledger.audit('ada')).toEqual([])
  await expect(query(address, 'DELETE FROM metered.act')).rejects.toThrow("can't be changed")
  await expect(query(address, 'TRUNCATE metered.act_p3')).rejects.toThrow("can't be changed")
})

test('keeps privileges and storage parameters when it partitions the tables', async () => {
  const address = await opened(await createDatabase())
  const ledger = postgresLedger(address)
  await callAndAct(ledger, customers)
  await ledger.close()
  const role = `reader_${new URL(address).pathname.slice(-8)}`
  await query(
    address,
    `CREATE ROLE ${role};
     GRANT USAGE ON SCHEMA metered TO ${role};
     GRANT SELECT ON metered.event TO ${role} WITH GRANT OPTION;
     GRANT SELECT (customer, version) ON metered.customer TO ${role};
     GRANT SELECT ON metered.daily TO PUBLIC;
     ALTER DEFAULT PRIVILEGES IN SCHEMA metered GRANT DELETE ON TABLES TO ${role};
     ALTER TABLE metered.event
       SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_enabled = false)`,
  )
  await runSchema(address, '--partitions', '4')
  const can = (privilege: string, table: string) =>
    `has_table_privilege('${role}', 'metered.${table}', '${privilege}')`
  const columns = `has_column_privilege('${role}', 'metered.customer', 'version', 'SELECT')`
  expect(
    await query(
      address,
      `SELECT ${['event', 'event_p3', 'daily', 'daily_p0', 'customer', 'key'].map((it) => `${can('SELECT', it)} AS ${it}`).join(', ')},
         ${can('SELECT WITH GRANT OPTION', 'event')} AS grants, ${columns} AS version, ${can('DELETE', 'event_p3')} AS deletes`,
    ),
  ).toEqual([
    {
      ...{ event: true, event_p3: true, daily: true, daily_p0: true, customer: false, key: false },
      ...{ grants: true, version: true, deletes: false },
    },
  ])
  expect(
    await query(
      address,
      `SELECT c.reloptions AS own, t.reloptions AS toast FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid
       WHERE c.oid = 'metered.event_p3'::regclass`,
    ),
  ).toEqual([
    { own: ['fillfactor=70', 'autovacuum_vacuum_scale_factor=0.01'], toast: ['autovacuum_enabled=false'] },
  ])
  const analyzed = await query(
    address,
    "SELECT DISTINCT tablename AS name FROM pg_stats WHERE schemaname = 'metered' AND inherited",
  )
  expect(analyzed.map(({ name }) => name).toSorted()).toEqual(bucketed.toSorted())
})

test('partitioning locks all tables with buckets before it changes any table', () => {
  expect(lockOrder.toSorted()).toEqual(bucketed.toSorted())
})

test('`metered schema` does not deadlock with the calls of two nodes', async () => {
  for (let repetition = 0; repetition < 3; repetition += 1) {
    const address = await createLedgerWithoutBuckets()
    await using first = postgresLedger(address)
    await using second = postgresLedger(address)
    const nodes = [first, second]
    const callers = customers.slice(0, 24)
    for (const customer of callers) await fetched(first, units(1_000_000), { customer })
    let calls = 0
    let attempts = 0
    let working = true
    const work = callers.map(async (customer, index) => {
      const ledger = nodes[index % nodes.length] ?? first
      while (working) {
        attempts += 1
        const reserve = aReserve({ customer, key: `call-${attempts}` })
        await ledger.execute(reserve)
        await ledger.execute(settleOf(reserve))
        calls += 1
      }
    })
    const prune = nodes.map(async (ledger) => {
      while (working) await ledger.prune()
    })
    const callMore = async () => {
      const enough = calls + 50
      await expect.poll(() => calls).toBeGreaterThan(enough)
    }
    await callMore()
    await runSchema(address)
    await callMore()
    await runSchema(address, '--partitions', '4')
    await callMore()
    working = false
    await Promise.all([...work, ...prune])
    // PostgreSQL's count also includes deadlocks that a node has resolved with a retry.
    const [found] = await query(
      address,
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    )
    expect(found).toEqual({ deadlocks: 0 })
    for (const customer of callers) expect(await first.audit(customer)).toEqual([])
  }
})

test.each(['any', 'bucket'] as const)(
  'reads and writes only the customer’s partition (batchBy: %s)',
  async (batchBy) => {
    const address = await partitioned(64)
    const used = () =>
      query(
        address,
        `SELECT relname AS name FROM pg_stat_user_tables WHERE schemaname = 'metered'
           AND relname ~ '_p[0-9]+$' AND seq_scan + idx_scan + n_tup_ins > 0 ORDER BY 1`,
      )
    // Each partition is scanned to build its indexes. PostgreSQL counts these scans only when the connection ends.
    await expect.poll(used).toHaveLength(64 * bucketed.length)
    await query(address, 'SELECT pg_stat_reset()')
    const ledger = postgresLedger(address, { batchBy })
    await callAndAct(ledger, ['ada'])
    await ledger.close()
    const names = bucketed.map((table) => `${table}_p${bucketOf('ada')}`)
    await expect.poll(used).toEqual(names.toSorted().map((name) => ({ name })))
  },
)

test("each read of a customer's rows uses only one partition", async () => {
  const pool = new Pool({ connectionString: await partitioned(64) })
  const sent: PostgresQuery[] = []
  pool.on('connect', (client: PostgresClient) => {
    const send = client.query.bind(client)
    client.query = (...args) => {
      sent.push(args[0])
      return send(...args)
    }
  })
  await using ledger = postgresLedger(pool)
  await callAndAct(ledger, ['ada'])
  sent.length = 0
  await ledger.balances('ada')
  await ledger.charges({ customer: 'ada', limit: 10, cursor: null })
  await ledger.audit('ada')
  await ledger.holds('ada')
  await ledger.undelivered({ customer: 'ada', limit: 10 })
  await ledger.usage({ customer: 'ada', days: 10 })
  await ledger.usageByValue({ customer: 'ada', dimension: 'model', meters: ['generations'], days: 10 })
  for await (const _ of ledger.dailyLabels('ada'));
  await ledger.denials('ada')
  await ledger.alerts({ customer: 'ada', limit: 10 })
  for await (const _ of ledger.acts({ customer: 'ada' }));
  expect(sent).toHaveLength(11)
  for (const { text, values = [] } of [...sent]) {
    const { rows } = await pool.query(`EXPLAIN ${text}`, values)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(new Set(plan.match(/(?<=_p)\d+\b/g))).toEqual(new Set([String(bucketOf('ada'))]))
  }
  await pool.end()
})

/** Returns the number of buckets in each transaction that changes customers' rows. */
async function bucketsPerTransaction(options: PostgresLedgerOptions): Promise<number[]> {
  const address = await opened(await createDatabase())
  await query(
    address,
    `CREATE TABLE touched (id xid8, bucket smallint);
     CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO touched VALUES (pg_current_xact_id(), coalesce(NEW.bucket, OLD.bucket)); RETURN NULL;
     END $$;
     ${bucketed
       .map(
         (name) =>
           `CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON metered.${name} FOR EACH ROW EXECUTE FUNCTION note();`,
       )
       .join('')}`,
  )
  const clock = testClock()
  await using ledger = postgresLedger(address, { ...options, clock })
  await callAndAct(ledger, customers)
  clock.advance(2 * 24 * 3_600_000)
  await ledger.prune()
  await ledger.markRestored()
  expect(await query(address, 'SELECT FROM metered.key')).toEqual([])
  const counts = await query(address, 'SELECT count(DISTINCT bucket)::int FROM touched GROUP BY id')
  return counts.map(({ count }) => count)
}

test('changes only one bucket in each transaction with batchBy: bucket', async () => {
  const counts = await bucketsPerTransaction({ batchBy: 'bucket' })
  expect(counts.length).toBeGreaterThan(64)
  expect(new Set(counts)).toEqual(new Set([1]))
})

test('changes many buckets in one transaction by default', async () => {
  expect(Math.max(...(await bucketsPerTransaction({})))).toBeGreaterThan(10)
})
