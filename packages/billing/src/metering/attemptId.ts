import { randomUUID } from 'node:crypto'

/** Caches the text of the last ID's time, because many calls can start in the same millisecond. */
let last = { now: 0, text: timeText(0) }

/** Returns a UUIDv7 (RFC 9562). These IDs sort by time, so new charges are adjacent in the index. */
export function attemptId(now: number): string {
  if (now !== last.now) last = { now, text: timeText(now) }
  // `randomUUID` is fast because Node caches random bytes. Replace only the time and the version in the UUID.
  return last.text + randomUUID().slice(15)
}

function timeText(now: number): string {
  const time = now.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7`
}
