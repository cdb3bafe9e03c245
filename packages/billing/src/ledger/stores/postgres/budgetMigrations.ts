/** The migrations that add budgets, alerts and labels. They follow the other migrations. */
export const budgetMigrations = [
  `
  ALTER TABLE metered.customer ADD COLUMN budgets bigint NOT NULL DEFAULT 0;
  CREATE TABLE metered.budget (
    bucket smallint NOT NULL,
    customer text COLLATE "C" NOT NULL,
    id text NOT NULL,
    instance text NOT NULL,
    meter text NOT NULL,
    "window" text NOT NULL,
    time_zone text,
    "limit" bigint NOT NULL,
    window_start bigint NOT NULL,
    window_end bigint,
    used bigint NOT NULL,
    held bigint NOT NULL,
    PRIMARY KEY (bucket, customer, id)
  );
  `,
  `
  ALTER TABLE metered.customer ADD COLUMN last_alert_at bigint NOT NULL DEFAULT 0;
  ALTER TABLE metered.account ADD COLUMN alerted bigint NOT NULL DEFAULT 0;
  ALTER TABLE metered.budget
    ADD COLUMN mode text NOT NULL DEFAULT 'block',
    ADD COLUMN source text NOT NULL DEFAULT 'customer',
    ADD COLUMN scope text,
    ADD COLUMN thresholds text NOT NULL DEFAULT '[80,100]',
    ADD COLUMN alerted bigint NOT NULL DEFAULT 0;
  CREATE TABLE metered.alert (
    bucket smallint NOT NULL,
    customer text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    meter text NOT NULL,
    threshold bigint NOT NULL,
    at bigint NOT NULL,
    used bigint NOT NULL,
    "limit" bigint NOT NULL,
    resets_at bigint,
    budget text,
    deliver_at bigint,
    deliveries bigint NOT NULL,
    PRIMARY KEY (bucket, customer, id)
  );
  CREATE INDEX alert_newest ON metered.alert (bucket, customer, at);
  CREATE INDEX alert_prune ON metered.alert (at);
  CREATE INDEX alert_due ON metered.alert (deliver_at) WHERE deliver_at IS NOT NULL;

  -- The number of values is bounded per dimension, so a customer's labels can't fill the disk.
  CREATE TABLE metered.label (
    bucket smallint NOT NULL,
    customer text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    dimension text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (bucket, customer, meter, dimension, value)
  );
  CREATE TABLE metered.daily_label (
    bucket smallint NOT NULL,
    customer text COLLATE "C" NOT NULL,
    dimension text COLLATE "C" NOT NULL,
    day text COLLATE "C" NOT NULL,
    meter text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (bucket, customer, dimension, day, meter, value)
  );
  `,
]
