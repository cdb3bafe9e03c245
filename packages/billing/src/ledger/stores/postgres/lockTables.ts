/**
 * The tables with buckets, in the order in which every transaction locks them. Batches, audits and restores
 * lock `customer` first. When pruning searches for rows, it locks `key`, `hold`, `event`, `denial` and
 * `alert`, in this order.
 */
export const lockOrder = [
  'customer',
  'account',
  'budget',
  'act',
  'daily',
  'label',
  'daily_label',
  'key',
  'hold',
  'event',
  'denial',
  'alert',
] as const

/**
 * Locks all tables with buckets until the transaction ends. Without these locks, a transaction that changes
 * several tables could deadlock with running nodes. Skips missing tables, because a ledger of an earlier release
 * has fewer tables.
 */
export const lockTables = `
  DO $do$
  DECLARE
    it text;
  BEGIN
    FOREACH it IN ARRAY ARRAY[${lockOrder.map((it) => `'${it}'`).join(', ')}] LOOP
      IF to_regclass(format('metered.%I', it)) IS NOT NULL THEN
        EXECUTE format('LOCK TABLE metered.%I IN ACCESS EXCLUSIVE MODE', it);
      END IF;
    END LOOP;
  END
  $do$;
`
