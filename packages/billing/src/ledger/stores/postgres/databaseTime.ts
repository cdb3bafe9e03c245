/**
 * Returns SQL for the current time in epoch milliseconds. Tests that move time pass their time in
 * `parameter`. Otherwise, `parameter` is null.
 */
export const databaseTime = (parameter: string) =>
  `coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`
