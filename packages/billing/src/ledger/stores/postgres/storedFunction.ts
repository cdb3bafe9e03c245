import { createHash } from 'node:crypto'
import type { BatchBy } from './batchBy.ts'

/**
 * The functions' planner settings. Every lookup is by key, so these settings make the planner use index
 * lookups even if the statistics are outdated. Settings on the function cost less than SET statements before
 * the call. With `batchBy: 'bucket'`, the functions have no settings, because an engine that distributes
 * tables can have a different planner.
 */
const plannerSettings = {
  any: [
    'plan_cache_mode = force_generic_plan',
    'jit = off',
    'enable_seqscan = off',
    'enable_hashjoin = off',
    'enable_mergejoin = off',
  ],
  bucket: [],
} satisfies Record<BatchBy, string[]>

/** A function in the schema `metered`. */
export interface StoredFunction {
  /** The qualified name. The name ends in a hash of the function's text. */
  name: string
  /** The statement that creates the function. */
  create: string
}

/** Returns the last argument of a call to a function that was created for `batchBy: 'bucket'`. */
export const oneBucket = (bucket: number) => `${bucket}::smallint`

/**
 * Describes a PL/pgSQL function. Each server connection plans a function's statements only once. Named
 * statements are also planned only once, but they belong to a session, and a connection pooler such as PgBouncer
 * can run the next transaction in another session. Nodes that run different releases can share a database,
 * because a changed function gets a different name.
 *
 * With `batchBy: 'bucket'`, the function has one more parameter at the end: the batch's bucket. The
 * function's statements compare the bucket with this parameter, so a planner knows each statement's shard
 * before the statement runs.
 */
export function storedFunction(
  name: string,
  {
    parameters: given,
    batchBy,
    returns,
    variables = '',
    body,
  }: { parameters: string[]; batchBy: BatchBy; returns: string; variables?: string; body: string },
): StoredFunction {
  const parameters = batchBy === 'bucket' ? [...given, 'smallint'] : given
  const settings = plannerSettings[batchBy]
  const hash = createHash('sha256')
    .update(JSON.stringify({ parameters, returns, settings, variables, body }))
    .digest('hex')
  const qualified = `metered.${name}_${hash.slice(0, 12)}`
  return {
    name: qualified,
    create: `CREATE OR REPLACE FUNCTION ${qualified}(${parameters.join(', ')}) RETURNS ${returns} LANGUAGE plpgsql VOLATILE
    ${settings.map((it) => `SET ${it}`).join(' ')} AS $body$
      #variable_conflict use_column
      DECLARE ${variables}
      BEGIN
        ${body}
      END
    $body$`,
  }
}
