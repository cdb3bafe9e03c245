import { createHash } from 'node:crypto'
import { limits } from './limits.ts'

/** Allows `calls` calls per key within `windowMs`. A key's window starts with the key's first call. */
export interface LimitSettings {
  calls: number
  windowMs: number
}

/** Counts calls per key. A key can be a user ID, an email address or a network. */
export interface Limiter {
  /**
   * Counts `calls` calls (default 1) and returns 0. If the calls would exceed the limit, counts nothing and
   * returns the number of milliseconds until the key's window ends.
   */
  take(key: string, calls?: number): number
  /**
   * Returns the milliseconds until the key's window ends if no call is left, and 0 otherwise. Counts nothing.
   */
  waitMs(key: string): number
  /** Subtracts one call from the key's count. */
  giveBack(key: string): void
}

/**
 * Creates a limiter with bounded memory. The limiter counts at most `maxKeys` keys. When there are more keys,
 * the limiter forgets the half whose windows started first. Each process counts separately.
 */
export function createLimiter(
  { calls: maxCalls, windowMs }: LimitSettings,
  {
    // Unlike the system's clock, this clock never steps backward.
    now = () => performance.now(),
    maxKeys = limits.countedKeys,
  }: { now?: () => number; maxKeys?: number } = {},
): Limiter {
  type Windows = Map<string, { calls: number; endsAt: number }>
  // There are two maps, because repeatedly deleting the first key of one large map would be slow.
  let newer: Windows = new Map()
  let older: Windows = new Map()

  function running(key: string) {
    const window = newer.get(key) ?? older.get(key)
    return window && window.endsAt > now() ? window : null
  }

  function start(key: string) {
    if (newer.size >= maxKeys / 2) {
      older = newer
      newer = new Map()
    }
    const window = { calls: 0, endsAt: now() + windowMs }
    newer.set(key, window)
    return window
  }

  return {
    take(longKey, calls = 1) {
      const key = shortened(longKey)
      const window = running(key) ?? start(key)
      if (window.calls + calls > maxCalls) return Math.max(1, window.endsAt - now())
      window.calls += calls
      return 0
    },
    waitMs(longKey) {
      const window = running(shortened(longKey))
      return window && window.calls >= maxCalls ? Math.max(1, window.endsAt - now()) : 0
    },
    giveBack(longKey) {
      const window = running(shortened(longKey))
      if (window && window.calls > 0) window.calls -= 1
    },
  }
}

const maxKeyLength = 64

/**
 * Returns the key, or the hash of a long key. Clients choose some keys, such as email addresses, so their
 * length isn't limited.
 */
const shortened = (key: string) =>
  key.length <= maxKeyLength ? key : createHash('sha256').update(key).digest('base64')
