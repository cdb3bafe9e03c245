import { type Clock, sleep } from './clock.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Logger } from './logger.ts'

export type Live = ReturnType<typeof createLive>

const burstMs = 50

interface Watcher {
  seen: number
  wake: () => void
}

/** Tells connected customers that their balances changed: at once for changes of this node, by one query for all of them otherwise. */
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
      logger.warn({ error: String(error) }, 'looking for changed balances failed')
    }
  }

  return {
    /** A command of this node changed the customer's rows. */
    changed(customer: string) {
      for (const watcher of watchers.get(customer) ?? []) watcher.wake()
    },

    /** Yields what `read` gives, first at once, then whenever its version has risen; ends with the signal. Changes in between are one. */
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
            // A burst of calls is a few pushes, not one each.
            await sleep(clock, burstMs, signal)
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
      cancelPoll?.()
      for (const watching of watchers.values()) for (const watcher of watching) watcher.wake()
    },
  }
}
