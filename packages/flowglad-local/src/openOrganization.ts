import { catchUp, nextDueAt } from './billing/renew.ts'
import { Database } from './database/Database.ts'
import { prune } from './database/prune.ts'
import type { Clock } from './platform/clock.ts'
import { createId } from './platform/ids.ts'
import type { Organization } from './platform/organizations.ts'
import type { Platform } from './platform/Platform.ts'
import { installPricingModel } from './pricing/installPricingModel.ts'
import { PricingError } from './pricing/PricingError.ts'
import type { PricingSetup } from './pricing/pricingSetup.ts'
import { createWebhookSender, type WebhookSender } from './webhooks/createWebhookSender.ts'
import type { WebhookTarget } from './webhooks/WebhookTarget.ts'

/** An organization whose database is open and whose renewals and webhooks run. */
export interface OpenOrganization extends Organization {
  webhooks: WebhookSender
  /** Runs all renewals and payment retries that are due. */
  settle(): void
  /** Deletes some of the records that are no longer needed. Call this about once a second. */
  prune(): void
  /** Stores the clock's new time and runs everything that is due. Call this in the database's transaction. */
  followClock(): void
  updatePricing(setup: PricingSetup): void
  close(): Promise<void>
}

/**
 * Opens an API key's database and installs the key's pricing. The first database restores the clock. A later
 * database moves the clock forward if its stored time is ahead.
 * @throws PricingError if there is no pricing
 */
export function openOrganization({
  key,
  file,
  clock,
  setup,
  webhook,
  latencyMs,
}: {
  key: string
  /** The database file, or null for a temporary file. */
  file: string | null
  clock: Clock
  /** The pricing to install, or null to keep the installed pricing. */
  setup: PricingSetup | null
  webhook: WebhookTarget | null
  latencyMs: number
}): OpenOrganization {
  const db = new Database(file)
  const platform: Platform = {
    db,
    clock,
    organizationId: '',
    pricingModelId: '',
    url: '',
    hasReceiver: webhook !== null,
  }
  const storeClock = () => db.settings.put({ id: 'clockOffsetMs', value: String(clock.offsetMs) })
  let webhooks: WebhookSender
  try {
    db.transaction(() => {
      clock.restore(Number(db.settings.find('clockOffsetMs')?.value ?? clock.offsetMs))
      const organizationId = db.settings.find('organizationId')?.value ?? createId('org')
      db.settings.put({ id: 'organizationId', value: organizationId })
      // Record the key, so that the next start can match this file to the key (see `databaseFiles`).
      db.settings.put({ id: 'apiKey', value: key })
      storeClock()
      platform.organizationId = organizationId
      platform.pricingModelId = installOwnPricing(platform, setup)
    })
    webhooks = createWebhookSender(platform, webhook)
  } catch (error) {
    db.close()
    throw error
  }

  let dueAt = 0
  let version = -1
  return {
    key,
    platform,
    conditions: { latencyMs, fault: 'none' },
    webhooks,
    settle() {
      // A change can add a renewal or retry that is due sooner.
      if (db.version !== version) dueAt = nextDueAt(platform)
      version = db.version
      const now = clock.now()
      if (now < dueAt) return
      db.transaction(() => catchUp(platform, now))
    },
    prune() {
      db.transaction(() => prune(db, clock.now()))
    },
    followClock() {
      storeClock()
      catchUp(platform, clock.now())
      prune(db, clock.now())
    },
    updatePricing(next) {
      db.transaction(() => installOwnPricing(platform, next))
    },
    async close() {
      await webhooks.close()
      db.close()
    },
  }
}

/**
 * Installs the pricing, or updates the installed pricing.
 * @param setup null to keep the installed pricing
 * @returns the pricing model's ID
 * @throws PricingError if `setup` is null and no pricing is installed
 */
function installOwnPricing(platform: Platform, setup: PricingSetup | null): string {
  const { db, clock } = platform
  const installed = db.settings.find('pricing')
  if (setup === null) {
    if (installed) return JSON.parse(installed.value).modelId
    throw new PricingError('pricing', [
      { line: null, message: 'is missing, and the database contains no pricing. Set the option pricing' },
    ])
  }
  const pricing = JSON.stringify(setup)
  if (installed) {
    const { modelId, setup: old } = JSON.parse(installed.value)
    if (old === pricing) return modelId
    installPricingModel(
      platform,
      clock.now(),
      { ...setup, isDefault: true },
      { replacing: db.pricingModels.get(modelId) },
    )
    db.settings.put({ id: 'pricing', value: JSON.stringify({ modelId, setup: pricing }) })
    return modelId
  }
  const model = installPricingModel(platform, clock.now(), { ...setup, isDefault: true })
  db.settings.put({ id: 'pricing', value: JSON.stringify({ modelId: model.id, setup: pricing }) })
  return model.id
}
