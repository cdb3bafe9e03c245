/**
 * Removes the old primary keys, indexes and triggers that only releases without buckets need. A new ledger
 * runs this SQL after its migrations. For an existing ledger, `metered schema` prints the SQL. Run the SQL
 * after the last node of a release without buckets has stopped. Running the SQL again changes nothing. Later
 * migrations must work both before and after this SQL has run.
 */
export const contraction = `
  DO $do$
  DECLARE
    it text;
  BEGIN
    IF to_regproc('metered.fill_bucket') IS NULL THEN RETURN; END IF;
    DROP FUNCTION metered.fill_bucket() CASCADE;
    FOREACH it IN ARRAY ARRAY['customer', 'account', 'hold', 'key', 'event', 'act', 'daily'] LOOP
      EXECUTE format('ALTER TABLE metered.%1$I DROP CONSTRAINT %1$s_pkey, ALTER bucket SET NOT NULL', it);
      EXECUTE format('ALTER TABLE metered.%1$I ADD CONSTRAINT %1$s_pkey PRIMARY KEY USING INDEX %1$s_by_bucket', it);
    END LOOP;
    FOREACH it IN ARRAY ARRAY['hold_due', 'key_results', 'event_charges', 'event_undelivered', 'event_parked'] LOOP
      EXECUTE format('DROP INDEX metered.%I', it);
      EXECUTE format('ALTER INDEX metered.%1$s_by_bucket RENAME TO %1$s', it);
    END LOOP;
  END
  $do$;
`
