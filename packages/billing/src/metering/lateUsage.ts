import type { Logger } from '../config/logger.ts'
import type { UsageMethod } from './cost.ts'

/** Returns a function that logs a warning the first time that a call counts usage after its charge. */
export function warnAboutLateUsage(
  logger: Logger,
): (meter: string, method: UsageMethod, units: unknown) => void {
  let hasWarned = false
  return (meter, method, units) => {
    if (hasWarned) return
    hasWarned = true
    logger.warn(
      { meter, units },
      `usage.${method}() had no effect, because the call had already been charged. Count usage before the work returns or its stream ends.`,
    )
  }
}
