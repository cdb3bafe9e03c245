import { createHash } from 'node:crypto'

/**
 * Returns the ID of a keyed operation. Usage events carry it to Flowglad. If the ledger is restored from a
 * backup, it recognizes retries of lost operations by this ID.
 *
 * The first part is a hash of the customer, the procedure and the key. It hides the key, which can contain
 * business data. The second part is the start of the input's fingerprint. It distinguishes a retry from a
 * different operation under the same key.
 */
export function operationId({
  customer,
  procedure,
  key,
  fingerprint,
}: {
  customer: string
  procedure: string
  key: string
  fingerprint: string
}): string {
  const hash = createHash('sha256').update(`${customer}\0${procedure}\0${key}`).digest('base64url')
  return `${hash.slice(0, 22)}.${fingerprint.slice(0, 16)}`
}
