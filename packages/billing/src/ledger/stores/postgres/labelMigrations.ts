/**
 * The migration that adds labels. It follows the other migrations. The number of values is bounded per dimension, so a
 * customer's labels can't fill the disk.
 */
export const labelMigrations = [
  `
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
