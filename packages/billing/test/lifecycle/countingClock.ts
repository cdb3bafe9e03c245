import { type Clock, systemClock } from '../../src/config/clock.ts'

/** Returns the system clock. `idling` counts timers that don't keep the process running: those of waiting loops. */
export function countingClock(): Clock & { readonly idling: number } {
  let idling = 0
  return {
    get idling() {
      return idling
    },
    now: systemClock.now,
    after(ms, run, options) {
      const counts = options?.keepAlive === false ? 1 : 0
      let waits = true
      const stop = () => {
        if (waits) idling -= counts
        waits = false
      }
      idling += counts
      const cancel = systemClock.after(
        ms,
        () => {
          stop()
          run()
        },
        options,
      )
      return () => {
        stop()
        cancel()
      }
    },
  }
}
