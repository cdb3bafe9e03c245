import type { Logger } from '../config/logger.ts'
import type { Meters } from '../contract/meters.ts'
import type { LegSettings } from './cost.ts'
import { warnAboutLateUsage } from './lateUsage.ts'

/** Returns a meter's settings for the legs of its calls. */
export type LegSettingsOf = (meter: string) => LegSettings

/** Creates the function that returns a meter's settings for the legs of its calls. */
export function createLegSettings(meters: Meters, logger: Logger): LegSettingsOf {
  const onLateUsage = warnAboutLateUsage(logger)
  return (meter) => ({
    onLeave: meters[meter]?.onLeave,
    onLateUsage: (method, units) => onLateUsage(meter, method, units),
  })
}
