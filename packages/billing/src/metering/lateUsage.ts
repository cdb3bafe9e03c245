import type { Logger } from '../config/logger.ts'

/** Returns a function that warns, once, that usage was added after the call had been charged. */
export function warnAboutLateUsage(logger: Logger): (meter: string, units: unknown) => void {
  let hasWarned = false
  return (meter, units) => {
    if (hasWarned) return
    hasWarned = true
    logger.warn(
      { meter, units },
      'usage.add() had no effect, because the call had already been charged. Add usage before the work returns or its stream ends.',
    )
  }
}
