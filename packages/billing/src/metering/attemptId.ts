import { randomUUID } from 'node:crypto'

/** Returns a UUIDv7 (RFC 9562). These IDs sort by time, so new charges are adjacent in the index. */
export function attemptId(now: number): string {
  const time = now.toString(16).padStart(12, '0')
  // `randomUUID` is fast because Node caches random bytes. Replace only the time and the version in its
  // result.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
