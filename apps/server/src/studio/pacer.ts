import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Returns a function to await before each piece of blocking work. The pieces run one at a time, and the
 * server handles other events between them.
 */
export function createPacer(): () => Promise<void> {
  let last = Promise.resolve()
  return () => {
    last = last.then(() => nextTurn())
    return last
  }
}
