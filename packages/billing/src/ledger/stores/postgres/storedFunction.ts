import { createHash } from 'node:crypto'

/** A function in the schema `metered`. */
export interface StoredFunction {
  /** The qualified name. It ends in a hash of the function's text. */
  name: string
  /** The statement that creates the function. */
  create: string
}

/**
 * Describes a PL/pgSQL function. Each server connection plans a function's statements only once. The same is
 * true of named statements, but they belong to a session, and a connection pooler such as PgBouncer can run
 * each transaction in a different session. Nodes that run different releases can share a database, because a
 * changed function gets a different name.
 */
export function storedFunction(
  name: string,
  {
    parameters,
    returns,
    variables = '',
    body,
  }: { parameters: string[]; returns: string; variables?: string; body: string },
): StoredFunction {
  const hash = createHash('sha256')
    .update(JSON.stringify({ parameters, returns, variables, body }))
    .digest('hex')
  const qualified = `metered.${name}_${hash.slice(0, 12)}`
  return {
    name: qualified,
    create: `CREATE OR REPLACE FUNCTION ${qualified}(${parameters.join(', ')}) RETURNS ${returns} LANGUAGE plpgsql VOLATILE AS $body$
      #variable_conflict use_column
      DECLARE ${variables}
      BEGIN
        ${body}
      END
    $body$`,
  }
}
