import type { Clock } from '../config/clock.ts'
import type { CatalogCache } from '../flowglad/catalog.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { DenialCounts } from './denialCounts.ts'
import type { HoldServices } from './hold.ts'
import { createLabels } from './labels.ts'
import { createLegSettings } from './legSettings.ts'
import { createMeterWork } from './meterWork.ts'
import { Operation } from './operation.ts'
import type { PastDueTerms } from './pastDueTerms.ts'
import { Reservations } from './reservations.ts'
import { UsableMeters } from './usableMeters.ts'

/** Creates the metered operation, and `billing.meter`, which calls it. */
export function createMetering(
  services: HoldServices,
  {
    sync,
    catalog,
    denialCounts,
    wallClock,
    upgradeUrl,
    pastDue,
  }: {
    sync: Sync
    catalog: CatalogCache
    denialCounts: DenialCounts
    /** The clock for dates. It can step. */
    wallClock: Clock
    upgradeUrl: string
    pastDue: PastDueTerms
  },
) {
  const { meters, options, logger } = services
  const usableMeters = new UsableMeters({ catalog, clock: wallClock, decisionMs: options.decisionMs })
  const reservations = new Reservations(services, { sync, usableMeters, upgradeUrl, pastDue })
  const operation = new Operation({
    reservations,
    labelsOf: createLabels(meters, logger),
    clock: wallClock,
    resultMaxBytes: options.resultMaxBytes,
  })
  const legSettings = createLegSettings(meters, logger)
  return { operation, legSettings, meterWork: createMeterWork({ operation, denialCounts, legSettings }) }
}
