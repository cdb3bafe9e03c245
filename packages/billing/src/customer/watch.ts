import { type Clock, sleep } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { Command } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'

export type Live = ReturnType<typeof createLive>

/** Pause after each push, so that a burst of calls causes few pushes. */
const pushPauseMs = 50

/** Commands that change what a customer sees. Renewals and leases only change rows that no screen shows. */
const visible: ReadonlySet<Command['type']> = new Set([
  'reserve',
  'settle',
  'release',
  'expire',
  'install',
  'acknowledge',
  'park',
  'drop',
])

interface Watcher {
  /** The version it yielded last. */
  seen: number
  wake: () => void
}

/**
 * Creates the watch on connected customers' balances. A change on this node wakes a watcher right after its
 * commit. Changes on other nodes are found by one query for all connected customers.
 */
export function createLive({
  ledger,
  clock,
  pollMs,
  logger,
}: {
  ledger: Ledger
  clock: Clock
  pollMs: number
  logger: Logger
}) {
  const watchers = new Map<string, Set<Watcher>>()
  let cancelPoll: (() => void) | null = null
  let closed = false

  function schedule() {
    if (cancelPoll || closed || watchers.size === 0) return
    cancelPoll = clock.after(pollMs, () => {
      cancelPoll = null
      poll().finally(schedule)
    })
  }

  async function poll() {
    try {
      const versions = await ledger.versions([...watchers.keys()])
      for (const [customer, version] of versions) {
        for (const watcher of watchers.get(customer) ?? []) if (version > watcher.seen) watcher.wake()
      }
    } catch (error) {
      logger.warn({ error: String(error) }, 'checking for changed balances failed')
    }
  }

  const stopListening = ledger.onCommit(({ type, customer }) => {
    if (visible.has(type)) for (const watcher of watchers.get(customer) ?? []) watcher.wake()
  })

  return {
    /**
     * Yields what `read` returns: immediately, then after each change. Changes during a read or a pause cause
     * one yield. Ends with the signal.
     */
    async *watch<T extends { version: number }>(
      customer: string,
      read: () => Promise<T>,
      signal: AbortSignal | undefined,
    ): AsyncGenerator<T, void, undefined> {
      let dirty = true
      let wakeUp = () => {}
      const watcher: Watcher = {
        seen: -1,
        wake() {
          dirty = true
          wakeUp()
        },
      }
      const watching = watchers.get(customer) ?? new Set()
      watchers.set(customer, watching.add(watcher))
      signal?.addEventListener('abort', watcher.wake)
      schedule()
      try {
        while (!signal?.aborted && !closed) {
          dirty = false
          const value = await read()
          if (value.version > watcher.seen) {
            watcher.seen = value.version
            yield value
            await sleep(clock, pushPauseMs, signal)
          }
          if (!dirty) {
            await new Promise<void>((resolve) => {
              wakeUp = resolve
              if (dirty) resolve()
            })
          }
        }
      } finally {
        signal?.removeEventListener('abort', watcher.wake)
        watching.delete(watcher)
        if (watching.size === 0) watchers.delete(customer)
        if (watchers.size === 0) {
          cancelPoll?.()
          cancelPoll = null
        }
      }
    },

    close() {
      closed = true
      stopListening()
      cancelPoll?.()
      for (const watching of watchers.values()) for (const watcher of watching) watcher.wake()
    },
  }
}
