/**
 * Returns a SQL expression for the current time in epoch milliseconds. `parameter` names a query parameter
 * that contains the time in tests that control time, and null otherwise.
 */
export const databaseTime = (parameter: string) =>
  `coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`
