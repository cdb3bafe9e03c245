import { budgetMigrations } from './budgetMigrations.ts'

/** Adds the column `bucket` to a table, and fills it in for existing rows. */
const addBucket = (table: string) => `
  ALTER TABLE metered.${table} ADD COLUMN bucket smallint;
  ALTER TABLE metered.${table} ALTER bucket TYPE smallint
    USING get_byte(sha256(convert_to(customer, 'UTF8')), 0) & 63;`

/** Fills in the bucket of rows that a node of an earlier release inserts. */
const fillBucket = (table: string) => `
  CREATE TRIGGER fill_bucket BEFORE INSERT ON metered.${table}
    FOR EACH ROW WHEN (NEW.bucket IS NULL) EXECUTE FUNCTION metered.fill_bucket();`

/**
 * Each migration runs once, in order. Never edit a released migration. In a new ledger, `contraction` follows the last
 * migration.
 *
 * Every primary key of a customer's rows begins with the bucket and the customer. The customer's row is the
 * lock. With `COLLATE "C"`, every node sorts customers, and therefore locks them, in the same order. Most
 * secondary indexes are partial: they contain only rows with pending work.
 */
export const migrations = [
  `
  CREATE TABLE metered.customer (
    customer text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    time bigint NOT NULL DEFAULT 0,
    lane_token text,
    lane_until bigint NOT NULL DEFAULT 0,
    lane text,
    installed_token text,
    subscription text COLLATE "C",
    snapshot text,
    fetched_at bigint,
    period_checked_for bigint,
    undelivered bigint NOT NULL DEFAULT 0,
    result_bytes bigint NOT NULL DEFAULT 0
  );
  CREATE INDEX customer_to_deliver ON metered.customer (lane_until) INCLUDE (undelivered) WHERE undelivered > 0;

  CREATE TABLE metered.account (
    customer text COLLATE "C" NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    booked bigint NOT NULL,
    acked bigint NOT NULL,
    held bigint NOT NULL,
    dropped bigint NOT NULL,
    parked bigint NOT NULL,
    snapshot_available bigint NOT NULL,
    snapshot_acked bigint NOT NULL,
    ambiguous bigint NOT NULL,
    waived bigint NOT NULL,
    unlimited smallint NOT NULL,
    period text NOT NULL,
    "limit" bigint NOT NULL,
    acked_at_first_sight bigint NOT NULL,
    used_at_first_sight bigint NOT NULL,
    PRIMARY KEY (customer, subscription, meter)
  );

  CREATE TABLE metered.hold (
    customer text COLLATE "C" NOT NULL,
    attempt text COLLATE "C" NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    procedure text NOT NULL,
    legs text NOT NULL,
    state text NOT NULL,
    started_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    max_hold_ms bigint NOT NULL,
    prune_at bigint,
    PRIMARY KEY (customer, attempt)
  );
  CREATE INDEX hold_due ON metered.hold (customer, expires_at) WHERE state = 'held';
  CREATE INDEX hold_prune ON metered.hold (prune_at) WHERE prune_at IS NOT NULL;

  CREATE TABLE metered.key (
    customer text COLLATE "C" NOT NULL,
    procedure text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    attempt text COLLATE "C" NOT NULL,
    completed smallint NOT NULL,
    result text,
    result_bytes bigint NOT NULL,
    prune_at bigint NOT NULL,
    PRIMARY KEY (customer, procedure, key)
  );
  CREATE INDEX key_results ON metered.key (customer, prune_at) WHERE result_bytes > 0;
  CREATE INDEX key_prune ON metered.key (prune_at);

  CREATE TABLE metered.event (
    customer text COLLATE "C" NOT NULL,
    attempt text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    subscription text COLLATE "C" NOT NULL,
    procedure text NOT NULL,
    amount bigint NOT NULL,
    price text NOT NULL,
    state text NOT NULL,
    at bigint NOT NULL,
    reference text,
    properties text NOT NULL,
    flagged text,
    price_id text,
    reason text,
    retry_at bigint,
    prune_at bigint,
    PRIMARY KEY (customer, attempt, meter)
  );
  CREATE INDEX event_charges ON metered.event (customer, at, attempt, meter);
  CREATE INDEX event_undelivered ON metered.event (customer, state, at, attempt, meter) WHERE state IN ('waiting', 'sent');
  CREATE INDEX event_oldest ON metered.event (at) WHERE state IN ('waiting', 'sent');
  CREATE INDEX event_parked ON metered.event (customer, retry_at) WHERE reason IS NOT NULL AND state IN ('parked', 'sent');
  CREATE INDEX event_prune ON metered.event (prune_at) WHERE prune_at IS NOT NULL;

  CREATE TABLE metered.daily (
    customer text COLLATE "C" NOT NULL,
    day text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (customer, day, meter)
  );
  `,
  // The index's condition is always true. Only the queries that list charges or add up usage repeat the
  // condition, so only these queries use this index. Otherwise, a planner that lacks statistics would use this
  // index instead of the primary key to look up single events, and would read the customer's whole history.
  `
  DROP INDEX metered.event_charges;
  CREATE INDEX event_charges ON metered.event (customer, at, attempt, meter) WHERE at >= 0;
  `,
  `
  ALTER TABLE metered.customer RENAME COLUMN lane_token TO lease_token;
  ALTER TABLE metered.customer RENAME COLUMN lane_until TO lease_until;
  ALTER TABLE metered.customer RENAME COLUMN lane TO lease;
  `,
  // The index includes the hold's maximum lifetime, so the index alone determines which holds are due.
  `
  ALTER TABLE metered.event ADD COLUMN parked_at bigint;
  DROP INDEX metered.hold_due;
  CREATE INDEX hold_due ON metered.hold (customer, expires_at, max_hold_ms) WHERE state = 'held';
  `,
  // Earlier releases don't write this column, so it is null in their holds.
  `
  ALTER TABLE metered.hold ADD COLUMN counted text;
  `,
  // The table has one row. Copies of the ledger have the same ID.
  `
  CREATE TABLE metered.ledger (
    id text PRIMARY KEY,
    restored_at bigint,
    recovered_at bigint
  );
  INSERT INTO metered.ledger (id) VALUES (substr(replace(gen_random_uuid()::text, '-', ''), 1, 24));
  `,
  // The triggers reject changes to the record of operators' acts.
  `
  CREATE TABLE metered.act (
    customer text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    "by" text NOT NULL,
    reason text NOT NULL,
    act text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    PRIMARY KEY (customer, id)
  );
  CREATE INDEX act_at ON metered.act (at);
  CREATE FUNCTION metered.reject_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE 'The record of acts can''t be changed'; END
  $$;
  CREATE TRIGGER act_change BEFORE UPDATE OR DELETE ON metered.act
    FOR EACH ROW EXECUTE FUNCTION metered.reject_change();
  CREATE TRIGGER act_truncate BEFORE TRUNCATE ON metered.act
    FOR EACH STATEMENT EXECUTE FUNCTION metered.reject_change();
  `,
  `
  ALTER TABLE metered.account ADD COLUMN adjusted bigint NOT NULL DEFAULT 0;
  `,
  // Denials are counted per hour, because a row per denied call would let a caller fill the disk.
  `
  CREATE TABLE metered.denial (
    customer text COLLATE "C" NOT NULL,
    hour bigint NOT NULL,
    procedure text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    feature text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    first_at bigint NOT NULL,
    last_at bigint NOT NULL,
    required bigint,
    available bigint,
    PRIMARY KEY (customer, hour, procedure, code, meter, feature)
  );
  CREATE INDEX denial_prune ON metered.denial (hour);
  `,
  // An act on the whole ledger belongs to no customer, so it can't be in the table of the customers' acts.
  `
  CREATE TABLE metered.ledger_act (
    id text COLLATE "C" PRIMARY KEY,
    at bigint NOT NULL,
    "by" text NOT NULL,
    reason text NOT NULL,
    act text NOT NULL,
    before text NOT NULL,
    after text NOT NULL
  );
  CREATE TRIGGER ledger_act_change BEFORE UPDATE OR DELETE ON metered.ledger_act
    FOR EACH ROW EXECUTE FUNCTION metered.reject_change();
  CREATE TRIGGER ledger_act_truncate BEFORE TRUNCATE ON metered.ledger_act
    FOR EACH STATEMENT EXECUTE FUNCTION metered.reject_change();
  `,
  // The bucket is a hash of the customer. Earlier releases don't write the bucket, so triggers fill it in for
  // their rows. The statements of earlier releases need the old primary keys and indexes, so these stay until
  // no such release runs. `ALTER … TYPE` fills in the bucket by rewriting the table and its indexes. An
  // UPDATE of all rows would take more than twice as long, and double the table's size. No release has used
  // the old primary key of `denial`, so this migration drops the key. With two unique keys, concurrent
  // upserts would fail, because ON CONFLICT handles only one of them.
  `
  CREATE FUNCTION metered.fill_bucket() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.bucket := get_byte(sha256(convert_to(NEW.customer, 'UTF8')), 0) & 63;
      RETURN NEW;
    END
  $$;

  ${addBucket('customer')}
  CREATE UNIQUE INDEX customer_by_bucket ON metered.customer (bucket, customer);
  ${fillBucket('customer')}

  ${addBucket('account')}
  CREATE UNIQUE INDEX account_by_bucket ON metered.account (bucket, customer, subscription, meter);
  ${fillBucket('account')}

  ${addBucket('hold')}
  CREATE UNIQUE INDEX hold_by_bucket ON metered.hold (bucket, customer, attempt);
  CREATE INDEX hold_due_by_bucket ON metered.hold (bucket, customer, expires_at, max_hold_ms) WHERE state = 'held';
  ${fillBucket('hold')}

  ${addBucket('key')}
  CREATE UNIQUE INDEX key_by_bucket ON metered.key (bucket, customer, procedure, key);
  CREATE INDEX key_results_by_bucket ON metered.key (bucket, customer, prune_at) WHERE result_bytes > 0;
  ${fillBucket('key')}

  ${addBucket('event')}
  CREATE UNIQUE INDEX event_by_bucket ON metered.event (bucket, customer, attempt, meter);
  CREATE INDEX event_charges_by_bucket ON metered.event (bucket, customer, at, attempt, meter) WHERE at >= 0;
  CREATE INDEX event_undelivered_by_bucket ON metered.event (bucket, customer, state, at, attempt, meter)
    WHERE state IN ('waiting', 'sent');
  CREATE INDEX event_parked_by_bucket ON metered.event (bucket, customer, retry_at)
    WHERE reason IS NOT NULL AND state IN ('parked', 'sent');
  ${fillBucket('event')}

  ${addBucket('act')}
  CREATE UNIQUE INDEX act_by_bucket ON metered.act (bucket, customer, id);
  ${fillBucket('act')}

  ${addBucket('daily')}
  CREATE UNIQUE INDEX daily_by_bucket ON metered.daily (bucket, customer, day, meter);
  ${fillBucket('daily')}

  ${addBucket('denial')}
  ALTER TABLE metered.denial DROP CONSTRAINT denial_pkey,
    ADD PRIMARY KEY (bucket, customer, hour, procedure, code, meter, feature);
  `,
  // The units that a customer still owes, and the units booked before the current unlimited plan.
  `
  ALTER TABLE metered.account
    ADD COLUMN owed bigint NOT NULL DEFAULT 0,
    ADD COLUMN booked_before_unlimited bigint NOT NULL DEFAULT 0;
  `,
  ...budgetMigrations,
]
