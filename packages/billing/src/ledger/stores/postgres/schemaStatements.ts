import { buckets } from './bucketOf.ts'
import { contraction } from './contraction.ts'
import { lockOrder, lockTables } from './lockTables.ts'

/**
 * Returns SQL that removes keys, indexes and triggers that only earlier releases need. If `partitions` isn't
 * null, the SQL also divides each table with buckets into that number of partitions. The number must be a
 * divisor of 64. Each partition contains consecutive buckets. The SQL doesn't change tables that are already
 * partitioned.
 */
export function schemaStatements(partitions: number | null): string {
  const [partition, analyze] = partitions === null ? ['', ''] : [partitionTables(partitions), analyzeTables]
  return `BEGIN;\n${lockTables}${contraction}${partition}COMMIT;\n${analyze}`
}

/**
 * Collects the statistics of the new tables, because autovacuum doesn't analyze a partitioned table. Skips empty
 * tables, because their statistics would make the planner expect few rows.
 */
const analyzeTables = `
  DO $do$
  DECLARE
    name text;
    used boolean;
  BEGIN
    FOREACH name IN ARRAY ARRAY[${lockOrder.map((it) => `'${it}'`).join(', ')}] LOOP
      EXECUTE format('SELECT EXISTS (SELECT FROM metered.%I)', name) INTO used;
      IF used THEN EXECUTE format('ANALYZE metered.%I', name); END IF;
    END LOOP;
  END
  $do$;
`

/**
 * PostgreSQL can't partition an existing table. The SQL therefore moves each table to another schema, creates a
 * partitioned table in its place, and copies the rows into it. Indexes, triggers, owners, rights and storage parameters
 * come from the database's catalog, so later migrations don't have to repeat their changes here. The SQL creates a
 * TRUNCATE trigger on every partition, because TRUNCATE can name a partition. The partitions get the table's rights,
 * because tools such as pg_dump read partitions directly. Only the partitions get the storage parameters, because a
 * partitioned table can't have any.
 */
const partitionTables = (partitions: number) => `
  DO $do$
  DECLARE
    size CONSTANT int := ${buckets / partitions};
    name text;
    owner text;
    relation text;
    relations text[];
    options text;
    old regclass;
    it record;
  BEGIN
    IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'metered' AND column_name = 'bucket') THEN
      RAISE 'The ledger belongs to an earlier release of @metered/billing. Start a server of this release first.';
    END IF;
    CREATE SCHEMA metered_unpartitioned;
    FOR name, owner IN
      SELECT c.relname, pg_get_userbyid(c.relowner)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'bucket'
      WHERE c.relnamespace = 'metered'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      ORDER BY c.relname
    LOOP
      EXECUTE format('ALTER TABLE metered.%I SET SCHEMA metered_unpartitioned', name);
      old := format('metered_unpartitioned.%I', name)::regclass;
      EXECUTE format('CREATE TABLE metered.%I (LIKE %s INCLUDING DEFAULTS) PARTITION BY LIST (bucket)', name, old);
      EXECUTE format('ALTER TABLE metered.%I OWNER TO %I', name, owner);
      relations := ARRAY[format('metered.%I', name)];
      SELECT string_agg(format('%s = %L', split_part(option, '=', 1), substr(option, strpos(option, '=') + 1)), ', ')
      INTO options FROM (
        SELECT unnest(reloptions) AS option FROM pg_class WHERE oid = old
        UNION ALL
        SELECT 'toast.' || unnest(t.reloptions) FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = old
      ) given;
      FOR it IN
        SELECT format('metered.%I', name || '_p' || part) AS partition,
          (SELECT string_agg(bucket::text, ', ') FROM generate_series(part * size, (part + 1) * size - 1) bucket) AS list
        FROM generate_series(0, ${partitions - 1}) part
      LOOP
        EXECUTE format('CREATE TABLE %s PARTITION OF metered.%I FOR VALUES IN (%s)', it.partition, name, it.list);
        EXECUTE format('ALTER TABLE %s OWNER TO %I', it.partition, owner);
        IF options IS NOT NULL THEN EXECUTE format('ALTER TABLE %s SET (%s)', it.partition, options); END IF;
        relations := relations || it.partition;
      END LOOP;
      EXECUTE format('INSERT INTO metered.%I SELECT * FROM %s', name, old);
      FOR it IN SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE conrelid = old AND contype = 'p'
      LOOP
        EXECUTE format('ALTER TABLE metered.%I ADD CONSTRAINT %I %s', name, it.conname, it.definition);
      END LOOP;
      FOR it IN SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
        WHERE indrelid = old AND NOT indisprimary
      LOOP
        EXECUTE replace(it.definition, ' ON metered_unpartitioned.', ' ON metered.');
      END LOOP;
      FOR it IN
        SELECT pg_get_triggerdef(t.oid) AS definition, target
        FROM pg_trigger t, LATERAL (
          SELECT format('metered.%I', name) AS target
          UNION ALL
          SELECT format('metered.%I', name || '_p' || part) FROM generate_series(0, ${partitions - 1}) part
          WHERE t.tgtype & 33 = 32 -- TRUNCATE, FOR EACH STATEMENT
        ) targets
        WHERE t.tgrelid = old AND NOT t.tgisinternal
      LOOP
        EXECUTE replace(it.definition, format(' ON %s ', old), format(' ON %s ', it.target));
      END LOOP;
      FOREACH relation IN ARRAY relations LOOP
        -- Revoke all rights first, because default privileges can include rights that the old table didn't have.
        FOR it IN
          SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee
          FROM pg_class, aclexplode(relacl) WHERE oid = relation::regclass
        LOOP
          EXECUTE format('REVOKE ALL ON %s FROM %s', relation, it.grantee);
        END LOOP;
        FOR it IN
          SELECT privilege_type || part AS privilege, is_grantable,
            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee
          FROM (
            SELECT coalesce(relacl, acldefault('r', relowner)) AS acl, '' AS part FROM pg_class WHERE oid = old
            UNION ALL
            SELECT attacl, format(' (%I)', attname) FROM pg_attribute WHERE attrelid = old AND attacl IS NOT NULL
          ) given, aclexplode(acl)
        LOOP
          EXECUTE format('GRANT %s ON %s TO %s %s', it.privilege, relation, it.grantee,
            CASE WHEN it.is_grantable THEN 'WITH GRANT OPTION' ELSE '' END);
        END LOOP;
      END LOOP;
      EXECUTE format('DROP TABLE %s', old);
    END LOOP;
    DROP SCHEMA metered_unpartitioned;
  END
  $do$;
`
