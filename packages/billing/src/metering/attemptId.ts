import { randomUUID } from 'node:crypto'

/** UUIDv7 (RFC 9562): sorts by time, so the newest charges are neighbours in the index. */
export function attemptId(now: number): string {
  const time = now.toString(16).padStart(12, '0')
  // Of a random UUID, which Node has a store of, all but the time and the version.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
