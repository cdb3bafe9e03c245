/** The columns that the table of events had in the first release. */
const eventColumns = `customer text NOT NULL,
    attempt text NOT NULL,
    meter text NOT NULL,
    subscription text NOT NULL,
    procedure text NOT NULL,
    amount integer NOT NULL,
    price text NOT NULL,
    state text NOT NULL,
    at integer NOT NULL,
    reference text,
    properties text NOT NULL,
    flagged text,
    price_id text,
    reason text,
    retry_at integer,
    prune_at integer`

/**
 * Each migration runs once, in order. Never edit a released migration.
 *
 * `WITHOUT ROWID` stores rows in the order of the primary key, which begins with the customer. A customer's
 * rows are therefore adjacent, and other customers' rows don't slow down a call. Most secondary indexes are
 * partial: they contain only rows with pending work.
 */
export const migrations = [
  `
  CREATE TABLE metered_customer (
    customer text PRIMARY KEY,
    version integer NOT NULL,
    time integer NOT NULL,
    lane_token text,
    lane_until integer NOT NULL,
    lane text,
    installed_token text,
    subscription text,
    snapshot text,
    fetched_at integer,
    period_checked_for integer,
    undelivered integer NOT NULL,
    result_bytes integer NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX metered_customer_to_deliver ON metered_customer (lane_until, undelivered) WHERE undelivered > 0;

  CREATE TABLE metered_account (
    customer text NOT NULL,
    subscription text NOT NULL,
    meter text NOT NULL,
    booked integer NOT NULL,
    acked integer NOT NULL,
    held integer NOT NULL,
    dropped integer NOT NULL,
    parked integer NOT NULL,
    snapshot_available integer NOT NULL,
    snapshot_acked integer NOT NULL,
    ambiguous integer NOT NULL,
    waived integer NOT NULL,
    unlimited integer NOT NULL,
    period text NOT NULL,
    "limit" integer NOT NULL,
    acked_at_first_sight integer NOT NULL,
    used_at_first_sight integer NOT NULL,
    PRIMARY KEY (customer, subscription, meter)
  ) WITHOUT ROWID;

  CREATE TABLE metered_hold (
    customer text NOT NULL,
    attempt text NOT NULL,
    subscription text NOT NULL,
    procedure text NOT NULL,
    legs text NOT NULL,
    state text NOT NULL,
    started_at integer NOT NULL,
    expires_at integer NOT NULL,
    max_hold_ms integer NOT NULL,
    prune_at integer,
    PRIMARY KEY (customer, attempt)
  ) WITHOUT ROWID;
  CREATE INDEX metered_hold_due ON metered_hold (customer, expires_at) WHERE state = 'held';
  CREATE INDEX metered_hold_prune ON metered_hold (prune_at) WHERE prune_at IS NOT NULL;

  CREATE TABLE metered_key (
    customer text NOT NULL,
    procedure text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    attempt text NOT NULL,
    completed integer NOT NULL,
    result text,
    result_bytes integer NOT NULL,
    prune_at integer NOT NULL,
    PRIMARY KEY (customer, procedure, key)
  ) WITHOUT ROWID;
  CREATE INDEX metered_key_results ON metered_key (customer, prune_at) WHERE result_bytes > 0;
  CREATE INDEX metered_key_prune ON metered_key (prune_at);

  CREATE TABLE metered_event (
    ${eventColumns},
    PRIMARY KEY (customer, attempt, meter)
  ) WITHOUT ROWID;
  CREATE INDEX metered_event_charges ON metered_event (customer, at, attempt, meter);
  CREATE INDEX metered_event_undelivered ON metered_event (customer, state, at, attempt, meter) WHERE state IN ('waiting', 'sent');
  CREATE INDEX metered_event_oldest ON metered_event (at) WHERE state IN ('waiting', 'sent');
  CREATE INDEX metered_event_parked ON metered_event (customer, retry_at) WHERE reason IS NOT NULL AND state IN ('parked', 'sent');
  CREATE INDEX metered_event_prune ON metered_event (prune_at) WHERE prune_at IS NOT NULL;

  CREATE TABLE metered_daily (
    customer text NOT NULL,
    day text NOT NULL,
    meter text NOT NULL,
    amount integer NOT NULL,
    PRIMARY KEY (customer, day, meter)
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE metered_customer RENAME COLUMN lane_token TO lease_token;
  ALTER TABLE metered_customer RENAME COLUMN lane_until TO lease_until;
  ALTER TABLE metered_customer RENAME COLUMN lane TO lease;
  `,
  // The index includes the hold's maximum lifetime, so the index alone determines which holds are due.
  `
  ALTER TABLE metered_event ADD COLUMN parked_at integer;
  DROP INDEX metered_hold_due;
  CREATE INDEX metered_hold_due ON metered_hold (customer, expires_at, max_hold_ms) WHERE state = 'held';
  `,
  // Earlier releases don't write this column, so it is null in their holds.
  `
  ALTER TABLE metered_hold ADD COLUMN counted text;
  `,
  // A batch writes every page that it changes, so the events of a batch should share pages. In a table with
  // rowids, these events are on a few adjacent pages. The events' entries in the primary key's index are also
  // adjacent, because the key begins with the attempt's ID, which begins with the time. The other indexes
  // contain rowids instead of primary keys, and are therefore smaller.
  `
  CREATE TABLE metered_event_by_rowid (
    ${eventColumns},
    parked_at integer,
    PRIMARY KEY (attempt, customer, meter)
  );
  INSERT INTO metered_event_by_rowid SELECT * FROM metered_event ORDER BY at;
  DROP TABLE metered_event;
  ALTER TABLE metered_event_by_rowid RENAME TO metered_event;
  CREATE INDEX metered_event_charges ON metered_event (customer, at);
  CREATE INDEX metered_event_undelivered ON metered_event (customer, state, at) WHERE state IN ('waiting', 'sent');
  CREATE INDEX metered_event_oldest ON metered_event (at) WHERE state IN ('waiting', 'sent');
  CREATE INDEX metered_event_parked ON metered_event (customer, retry_at) WHERE reason IS NOT NULL AND state IN ('parked', 'sent');
  CREATE INDEX metered_event_prune ON metered_event (prune_at) WHERE prune_at IS NOT NULL;
  `,
  // The table has one row. Copies of the ledger have the same ID.
  `
  CREATE TABLE metered_ledger (
    id text PRIMARY KEY,
    restored_at integer,
    recovered_at integer
  ) WITHOUT ROWID;
  INSERT INTO metered_ledger (id) VALUES (lower(hex(randomblob(12))));
  `,
  // The triggers reject changes to the record of operators' acts.
  `
  CREATE TABLE metered_act (
    customer text NOT NULL,
    id text NOT NULL,
    at integer NOT NULL,
    "by" text NOT NULL,
    reason text NOT NULL,
    act text NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    PRIMARY KEY (customer, id)
  ) WITHOUT ROWID;
  CREATE INDEX metered_act_at ON metered_act (at);
  CREATE TRIGGER metered_act_update BEFORE UPDATE ON metered_act
    BEGIN SELECT RAISE(ABORT, 'The record of acts can''t be changed'); END;
  CREATE TRIGGER metered_act_delete BEFORE DELETE ON metered_act
    BEGIN SELECT RAISE(ABORT, 'The record of acts can''t be changed'); END;
  CREATE TRIGGER metered_act_insert BEFORE INSERT ON metered_act
    WHEN EXISTS (SELECT 1 FROM metered_act WHERE customer = new.customer AND id = new.id)
    BEGIN SELECT RAISE(ABORT, 'The record of acts can''t be changed'); END;
  `,
  `
  ALTER TABLE metered_account ADD COLUMN adjusted integer NOT NULL DEFAULT 0;
  `,
  // `metered move` stores the address of the PostgreSQL database to which it has moved the ledger.
  `
  ALTER TABLE metered_ledger ADD COLUMN moved_to text;
  `,
  // Denials are counted per hour, because a row per denied call would let a caller fill the disk.
  `
  CREATE TABLE metered_denial (
    customer text NOT NULL,
    hour integer NOT NULL,
    procedure text NOT NULL,
    code text NOT NULL,
    meter text NOT NULL,
    feature text NOT NULL,
    count integer NOT NULL,
    first_at integer NOT NULL,
    last_at integer NOT NULL,
    required integer,
    available integer,
    PRIMARY KEY (customer, hour, procedure, code, meter, feature)
  ) WITHOUT ROWID;
  CREATE INDEX metered_denial_prune ON metered_denial (hour);
  `,
  // An act on the whole ledger belongs to no customer, so it can't be in the table of the customers' acts.
  `
  CREATE TABLE metered_ledger_act (
    id text PRIMARY KEY,
    at integer NOT NULL,
    "by" text NOT NULL,
    reason text NOT NULL,
    act text NOT NULL,
    before text NOT NULL,
    after text NOT NULL
  ) WITHOUT ROWID;
  CREATE TRIGGER metered_ledger_act_update BEFORE UPDATE ON metered_ledger_act
    BEGIN SELECT RAISE(ABORT, 'The record of acts can''t be changed'); END;
  CREATE TRIGGER metered_ledger_act_delete BEFORE DELETE ON metered_ledger_act
    BEGIN SELECT RAISE(ABORT, 'The record of acts can''t be changed'); END;
  CREATE TRIGGER metered_ledger_act_insert BEFORE INSERT ON metered_ledger_act
    WHEN EXISTS (SELECT 1 FROM metered_ledger_act WHERE id = new.id)
    BEGIN SELECT RAISE(ABORT, 'The record of acts can''t be changed'); END;
  `,
  // The units that a customer still owes, and the units booked before the current unlimited plan.
  `
  ALTER TABLE metered_account ADD COLUMN owed integer NOT NULL DEFAULT 0;
  ALTER TABLE metered_account ADD COLUMN booked_before_unlimited integer NOT NULL DEFAULT 0;
  `,
  `
  ALTER TABLE metered_customer ADD COLUMN budgets integer NOT NULL DEFAULT 0;
  CREATE TABLE metered_budget (
    customer text NOT NULL,
    id text NOT NULL,
    instance text NOT NULL,
    meter text NOT NULL,
    "window" text NOT NULL,
    time_zone text,
    "limit" integer NOT NULL,
    window_start integer NOT NULL,
    window_end integer,
    used integer NOT NULL,
    held integer NOT NULL,
    PRIMARY KEY (customer, id)
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE metered_customer ADD COLUMN last_alert_at integer NOT NULL DEFAULT 0;
  ALTER TABLE metered_account ADD COLUMN alerted integer NOT NULL DEFAULT 0;
  ALTER TABLE metered_budget ADD COLUMN mode text NOT NULL DEFAULT 'block';
  ALTER TABLE metered_budget ADD COLUMN source text NOT NULL DEFAULT 'customer';
  ALTER TABLE metered_budget ADD COLUMN scope text;
  ALTER TABLE metered_budget ADD COLUMN thresholds text NOT NULL DEFAULT '[80,100]';
  ALTER TABLE metered_budget ADD COLUMN alerted integer NOT NULL DEFAULT 0;
  CREATE TABLE metered_alert (
    customer text NOT NULL,
    id text NOT NULL,
    meter text NOT NULL,
    threshold integer NOT NULL,
    at integer NOT NULL,
    used integer NOT NULL,
    "limit" integer NOT NULL,
    resets_at integer,
    budget text,
    deliver_at integer,
    deliveries integer NOT NULL,
    PRIMARY KEY (customer, id)
  ) WITHOUT ROWID;
  CREATE INDEX metered_alert_newest ON metered_alert (customer, at);
  CREATE INDEX metered_alert_prune ON metered_alert (at);
  CREATE INDEX metered_alert_due ON metered_alert (deliver_at) WHERE deliver_at IS NOT NULL;

  -- The number of values is bounded per dimension, so a customer's labels can't fill the disk.
  CREATE TABLE metered_label (
    customer text NOT NULL,
    meter text NOT NULL,
    dimension text NOT NULL,
    value text NOT NULL,
    number integer NOT NULL,
    PRIMARY KEY (customer, meter, dimension, value)
  ) WITHOUT ROWID;
  CREATE TABLE metered_daily_label (
    customer text NOT NULL,
    dimension text NOT NULL,
    day text NOT NULL,
    meter text NOT NULL,
    value text NOT NULL,
    amount integer NOT NULL,
    PRIMARY KEY (customer, dimension, day, meter, value)
  ) WITHOUT ROWID;
  `,
]
