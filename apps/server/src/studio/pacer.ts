import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Returns a function that pieces of blocking work wait for, one after another. Between two pieces, the server
 * handles its other events.
 */
export function createPacer(): () => Promise<void> {
  let last = Promise.resolve()
  return () => {
    last = last.then(() => nextTurn())
    return last
  }
}
