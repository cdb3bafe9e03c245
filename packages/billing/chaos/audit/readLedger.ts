import { Client } from 'pg'
import { z } from 'zod'
import { restoredToken } from '../../src/ledger/core/restored.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'

const integer = z.coerce.number()
const eventRow = z.object({
  customer: z.string(),
  attempt: z.string(),
  meter: z.string(),
  procedure: z.string(),
  amount: integer,
  state: z.string(),
  flagged: z.string().nullable(),
})
const holdRow = z.object({ customer: z.string(), attempt: z.string(), procedure: z.string() })
const accountRow = z.object({
  customer: z.string(),
  meter: z.string(),
  booked: integer,
  held: integer,
  available: integer,
  ambiguous: integer,
  /** Whether the customer has a snapshot that was fetched after the last restore. */
  hasSnapshot: z.coerce.boolean(),
})
const lateRow = z.object({ customer: z.string(), attempt: z.string() })

export type EventRow = z.infer<typeof eventRow>

/** The ledger's rows that the audit needs. */
export interface LedgerRows {
  events: EventRow[]
  /** Holds that haven't ended. */
  holds: z.infer<typeof holdRow>[]
  accounts: z.infer<typeof accountRow>[]
  /** Attempts that ended after their held units had been returned. */
  late: z.infer<typeof lateRow>[]
}

const queries = (prefix: string) => ({
  events: `SELECT customer, attempt, meter, procedure, amount, state, flagged FROM ${prefix}event`,
  holds: `SELECT customer, attempt, procedure FROM ${prefix}hold WHERE state = 'held'`,
  accounts: `SELECT customer, meter, sum(booked) AS booked, sum(held) AS held, sum(ambiguous) AS ambiguous,
    sum(snapshot_available + waived + adjusted - held - (booked - snapshot_acked)) AS available,
    (SELECT fetched_at IS NOT NULL AND installed_token <> '${restoredToken}'
      FROM ${prefix}customer c WHERE c.customer = a.customer) AS "hasSnapshot"
    FROM ${prefix}account a GROUP BY customer, meter`,
  // If one batch expires a hold and then settles it, the table never contains the state `expired`, so compare the
  // times too.
  late: `SELECT customer, attempt FROM chaos_ended t
    WHERE returned OR expires_at <= (SELECT max(at) FROM ${prefix}event e WHERE e.attempt = t.attempt)`,
})

/** Whether a removed hold had already returned its units, because it had expired or reached its maximum lifetime. */
const hadReturnedUnits = (legs: string) =>
  `(OLD.state = 'expired' OR ${legs} LIKE '%"amount":0,%' OR ${legs} LIKE '%"amount": 0,%')`

/** The values in a row of `chaos_ended`, which describes a removed hold. */
const endedHold = (legs: string) => `OLD.customer, OLD.attempt, OLD.expires_at, ${hadReturnedUnits(legs)}`

/** Runs one query and returns its rows. */
type Query = (sql: string) => Promise<unknown[]>

/** Reads a ledger with SQL, not through the code under test. */
export interface LedgerReader {
  /** Starts to record how holds end. The ledger's tables must exist. */
  watchEndedHolds(): Promise<void>
  read(): Promise<LedgerRows>
  query: Query
}

export function sqliteReader(file: string): LedgerReader {
  const query: Query = async (sql) => {
    const db = connect(file)
    try {
      db.exec('PRAGMA busy_timeout = 5000')
      if (sql.startsWith('SELECT')) return db.prepare(sql).all()
      db.exec(sql)
      return []
    } finally {
      db.close()
    }
  }
  return readerOf(query, 'metered_', [
    'CREATE TABLE IF NOT EXISTS chaos_ended (customer text, attempt text, expires_at integer, returned boolean)',
    `CREATE TRIGGER IF NOT EXISTS chaos_ended AFTER DELETE ON metered_hold
     BEGIN INSERT INTO chaos_ended VALUES (${endedHold('OLD.legs')}); END`,
  ])
}

export function postgresReader(connectionString: string): LedgerReader {
  const query: Query = async (sql) => {
    const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 })
    // Listen for errors. Otherwise, a fault that kills the server during a query would also end this process.
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  return readerOf(query, 'metered.', [
    'CREATE TABLE chaos_ended (customer text, attempt text, expires_at bigint, returned boolean)',
    `CREATE FUNCTION chaos_ended() RETURNS trigger LANGUAGE plpgsql AS $body$
     BEGIN INSERT INTO public.chaos_ended VALUES (${endedHold('OLD.legs::text')}); RETURN NULL; END $body$`,
    `CREATE TRIGGER chaos_ended AFTER DELETE ON metered.hold FOR EACH ROW EXECUTE FUNCTION chaos_ended()`,
  ])
}

function readerOf(query: Query, prefix: string, setup: string[]): LedgerReader {
  const sql = queries(prefix)
  return {
    query,
    async watchEndedHolds() {
      for (const statement of setup) await query(statement)
    },
    read: async () => ({
      events: z.array(eventRow).parse(await query(sql.events)),
      holds: z.array(holdRow).parse(await query(sql.holds)),
      accounts: z.array(accountRow).parse(await query(sql.accounts)),
      late: z.array(lateRow).parse(await query(sql.late)),
    }),
  }
}
