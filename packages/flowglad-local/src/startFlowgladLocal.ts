import type { AddressInfo } from 'node:net'
import { catchUp, nextDueAt } from './billing/renew.ts'
import { Database } from './database/Database.ts'
import { createClock } from './platform/clock.ts'
import { createId } from './platform/ids.ts'
import type { Platform } from './platform/Platform.ts'
import { installPricingModel } from './pricing/installPricingModel.ts'
import { checkPricing, PricingError, parsePricing } from './pricing/parsePricing.ts'
import type { PricingSetup, PricingSetupInput } from './pricing/pricingSetup.ts'
import { seed } from './seed.ts'
import { buildServer } from './server.ts'
import { createWebhookSender, type WebhookTarget } from './webhooks/createWebhookSender.ts'

/** The settings of a flowglad-local server. */
export interface FlowgladLocalOptions {
  /**
   * A setup (see `PricingSetupInput`), or a pricing file's content in YAML or JSON. Default: the pricing in the
   * database.
   */
  pricing?: PricingSetupInput | string
  /** The pricing file's name in error messages. Default `pricing`. */
  pricingFile?: string
  /** The port to listen on. Default 0, which picks a free port. */
  port?: number
  /** The API key that the server accepts. Default `sk_test_local`. */
  key?: string
  /** The SQLite file that stores all data. Without a file, data is lost when the server stops. */
  db?: string
  /** A receiver for events, in addition to the webhooks created through the API. */
  webhook?: WebhookTarget
  /** Enables clock and checkout controls below `/__test__`. Default true. */
  testControls?: boolean
  /** Adds demo customers if there are no customers yet. Default false. */
  seed?: boolean
  /** The delay added to each API call. Default 0. */
  latencyMs?: number
  /** Returns the current time in epoch milliseconds. Default: the machine's clock. */
  clock?: () => number
  /**
   * The start time of a new database's clock, in epoch milliseconds. From then on, time passes normally.
   * Default: the time of `clock`.
   */
  startAt?: number
}

/** A running server. */
export interface FlowgladLocal extends AsyncDisposable {
  /** The SDK's `baseURL`, without a trailing slash. */
  url: string
  key: string
  /** Returns the platform's time in epoch milliseconds. */
  now(): number
  /** Moves the clock forward and runs everything that becomes due, such as renewals, before it returns. */
  advance(ms: number): void
  /**
   * Replaces the pricing. Current subscriptions keep their prices and features.
   * @throws PricingError if the new pricing is invalid; the server then keeps the current pricing
   */
  updatePricing(pricing: PricingSetupInput | string): void
  /** Stops the server. A database file keeps its data. */
  close(): Promise<void>
}

/**
 * Starts a Flowglad server on this machine.
 *
 *     await using flowglad = await startFlowgladLocal({ pricing })
 *     const sdk = new Flowglad({ baseURL: flowglad.url, apiKey: flowglad.key })
 *
 * @throws PricingError if the pricing is invalid, or an error that names the port if the port is in use
 */
export async function startFlowgladLocal(options: FlowgladLocalOptions): Promise<FlowgladLocal> {
  const key = options.key ?? 'sk_test_local'
  const readSetup = (pricing: PricingSetupInput | string) =>
    typeof pricing === 'string' ? parsePricing(pricing, options.pricingFile) : checkPricing(pricing)
  const setup = options.pricing === undefined ? null : readSetup(options.pricing)
  const db = new Database(options.db ?? null)
  const source = options.clock ?? Date.now
  const startOffset = options.startAt === undefined ? 0 : options.startAt - source()
  const clock = createClock({
    source,
    offsetMs: Number(db.settings.find('clockOffsetMs')?.value ?? startOffset),
  })
  const platform: Platform = {
    db,
    clock,
    organizationId: '',
    pricingModelId: '',
    url: '',
    hasReceiver: options.webhook !== undefined,
  }
  const start = () => {
    const organizationId = db.settings.find('organizationId')?.value ?? createId('org')
    db.settings.put({ id: 'organizationId', value: organizationId })
    db.settings.put({ id: 'clockOffsetMs', value: String(clock.offsetMs) })
    platform.organizationId = organizationId
    platform.pricingModelId = installOwnPricing(platform, setup)
  }
  try {
    db.transaction(start)
  } catch (error) {
    db.close()
    throw error
  }

  const webhooks = createWebhookSender(platform, options.webhook ?? null)
  let dueAt = 0
  const settle = () => {
    const now = clock.now()
    if (now < dueAt) return
    db.transaction(() => catchUp(platform, now))
    dueAt = nextDueAt(platform)
  }
  const advance = (ms: number) => {
    settle()
    db.transaction(() => {
      const undoMove = clock.advance(ms)
      try {
        db.settings.put({ id: 'clockOffsetMs', value: String(clock.offsetMs) })
        catchUp(platform, clock.now())
      } catch (error) {
        undoMove()
        throw error
      }
    })
    dueAt = 0
    webhooks.poke()
  }
  const updatePricing = (pricing: PricingSetupInput | string) => {
    const next = readSetup(pricing)
    settle()
    db.transaction(() => installOwnPricing(platform, next))
    dueAt = 0
  }
  const app = buildServer({
    platform,
    key,
    latencyMs: options.latencyMs ?? 0,
    testControls: options.testControls ?? true,
    beforeRequest: settle,
    advance,
    webhooks,
  })
  app.addHook('onResponse', async (request) => {
    // The request may have created a renewal or retry that is due sooner.
    if (request.method !== 'GET') dueAt = Math.min(dueAt, nextDueAt(platform))
    webhooks.poke()
  })
  // Run renewals and retry webhooks on time even without requests.
  const ticker = setInterval(() => {
    settle()
    webhooks.poke()
  }, 1000)
  ticker.unref()

  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= shutDown()
    return closing
  }
  const shutDown = async () => {
    clearInterval(ticker)
    await webhooks.close()
    await app.close()
    db.close()
  }
  try {
    await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  } catch (error) {
    await close()
    throw error
  }
  platform.url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  if (options.seed) seed(platform)
  webhooks.poke()
  return {
    url: platform.url,
    key,
    now: () => clock.now(),
    advance,
    updatePricing,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Installs the pricing, or updates the pricing that an earlier start installed.
 * @param setup null to keep the installed pricing
 * @returns the pricing model's ID
 * @throws PricingError if `setup` is null and no pricing is installed
 */
function installOwnPricing(platform: Platform, setup: PricingSetup | null): string {
  const { db, clock } = platform
  const installed = db.settings.find('pricing')
  if (setup === null) {
    if (installed) return JSON.parse(installed.value).modelId
    throw new PricingError('pricing', [{ line: null, message: 'is missing, and the database has none' }])
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
