/** Epoch milliseconds, read when the row is made; `parameter` overrides it unless it is null (for tests that move time). */
export const databaseTime = (parameter: string) =>
  `coalesce(${parameter}::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)`
