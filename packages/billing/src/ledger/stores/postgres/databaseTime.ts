/**
 * Returns a SQL expression for the current time in epoch milliseconds. `parameter` is a query parameter such as `$2`.
 * Tests use it to set the time. If its value is null, the expression returns the database's time.
 */
export const databaseTime = (parameter: string) =>
  `coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`
