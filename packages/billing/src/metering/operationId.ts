import { createHash } from 'node:crypto'

/**
 * Identifies a keyed operation in Flowglad's records, so that a restored ledger recognizes a retry of an operation
 * that it has lost. The ID is a hash, because keys can contain business data. It also contains the start of the
 * input's fingerprint, to distinguish a retry from a different operation under the same key.
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
