/** The customers that can share a transaction: those of one bucket, or any customers. */
export type BatchBy = 'bucket' | 'any'
