/** The request header that carries idempotency keys: one key, or a batch's keys in call order, separated by commas. */
export const idempotencyKeyHeader = 'idempotency-key'
