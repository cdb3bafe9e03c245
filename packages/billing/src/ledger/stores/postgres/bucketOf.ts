import { hash } from 'node:crypto'

/**
 * The number of buckets. This number must never change, because the bucket is part of every row's primary
 * key.
 */
export const buckets = 64

/**
 * Returns the customer's bucket: the lowest 6 bits of the first byte of the customer ID's SHA-256 hash. In
 * SQL: `get_byte(sha256(convert_to(customer, 'UTF8')), 0) & 63`.
 *
 * Every primary key and every statement names the bucket before the customer. Tables can therefore be partitioned
 * by bucket, and an engine that distributes tables finds a customer's rows on one shard.
 */
export const bucketOf = (customer: string): number =>
  // Hashing to hexadecimal text takes half as long as hashing to a buffer.
  Number.parseInt(hash('sha256', customer, 'hex').slice(0, 2), 16) % buckets

/** Returns a version of `bucketOf` that hashes each customer only once, because a batch has many rows per customer. */
export function rememberBuckets(): (customer: string) => number {
  const known = new Map<string, number>()
  return (customer) => {
    let bucket = known.get(customer)
    if (bucket === undefined) {
      bucket = bucketOf(customer)
      known.set(customer, bucket)
    }
    return bucket
  }
}
