import type { Logger } from '../config/logger.ts'
import type { Meters } from '../contract/meters.ts'
import type { LegSettings } from './cost.ts'
import { warnAboutLateUsage } from './lateUsage.ts'

/** Returns the leg settings of a meter. */
export type LegSettingsOf = (meter: string) => LegSettings

/** Creates a `LegSettingsOf` from the meters' policies. */
export function createLegSettings(meters: Meters, logger: Logger): LegSettingsOf {
  const onLateUsage = warnAboutLateUsage(logger)
  return (meter) => ({
    onLeave: meters[meter]?.onLeave,
    onExpiry: meters[meter]?.onExpiry ?? 'release',
    onLateUsage: (method, units) => onLateUsage(meter, method, units),
  })
}
