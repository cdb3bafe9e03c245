import { createHash } from 'node:crypto'

/**
 * Returns the ID of a keyed operation. Each usage event sent to Flowglad contains this ID. A ledger that was
 * restored from a backup uses the ID to recognize retries of lost operations.
 *
 * The first part is a hash of the customer, the procedure and the key. This hash hides the key, which can
 * contain business data. The second part is the start of the input's fingerprint. This part distinguishes a
 * retry from a different operation under the same key.
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
