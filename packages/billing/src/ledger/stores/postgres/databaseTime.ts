/**
 * Returns a SQL expression for the current time in epoch milliseconds. `parameter` is a query parameter such
 * as `$2`. Tests set the time with this parameter. If the parameter is null, the expression returns the
 * database's time.
 */
export const databaseTime = (parameter: string) =>
  `coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`
