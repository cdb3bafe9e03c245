import type { AddressInfo } from 'node:net'
import { catchUp, nextDueAt } from './billing/renew.ts'
import { Database } from './database/Database.ts'
import { createClock } from './platform/clock.ts'
import { createId } from './platform/ids.ts'
import type { Platform } from './platform/Platform.ts'
import { installPricingModel } from './pricing/installPricingModel.ts'
import { checkPricing, parsePricing } from './pricing/parsePricing.ts'
import type { PricingSetup, PricingSetupInput } from './pricing/pricingSetup.ts'
import { seed } from './seed.ts'
import { buildServer } from './server.ts'
import { createWebhookSender, type WebhookTarget } from './webhooks/createWebhookSender.ts'

/** The options of `startFlowgladLocal`. */
export interface FlowgladLocalOptions {
  /** A setup (see `PricingSetupInput`), or the text of a pricing file, YAML or JSON. */
  pricing: PricingSetupInput | string
  /** What to call the pricing in errors about it. Default `pricing`. */
  pricingFile?: string
  /** 0, the default, takes a free one. */
  port?: number
  /** The API key it accepts. Default `sk_test_local`. */
  key?: string
  /** A SQLite file to keep the books in. Without one they live in memory. */
  db?: string
  /** Where events go. Without it none are sent. */
  webhook?: WebhookTarget
  /** Clock and checkout controls below `/__test__`. Default true. */
  testControls?: boolean
  /** Begin with demo customers, unless there are some. Default false. */
  seed?: boolean
  /** How long each API call waits before it is worked on. Default 0. */
  latencyMs?: number
  /** Where time comes from, epoch milliseconds. Default the machine's clock. */
  clock?: () => number
  /** Where the clock of new books starts, epoch milliseconds; it goes on from there. Default where its source is. */
  startAt?: number
}

/** A running server. */
export interface FlowgladLocal extends AsyncDisposable {
  /** Without a trailing slash: the SDK's `baseURL`. */
  url: string
  key: string
  /** The platform's time, epoch milliseconds. */
  now(): number
  /** Moves the clock forwards; renewals and everything else that falls due has happened when it returns. */
  advance(ms: number): void
  /** Stops the server. A database file keeps its data. */
  close(): Promise<void>
}

/**
 * Starts a Flowglad on this machine.
 *
 *     await using flowglad = await startFlowgladLocal({ pricing })
 *     const sdk = new Flowglad({ baseURL: flowglad.url, apiKey: flowglad.key })
 *
 * @throws PricingError when the pricing is not valid; an error naming the port when it is taken
 */
export async function startFlowgladLocal(options: FlowgladLocalOptions): Promise<FlowgladLocal> {
  const key = options.key ?? 'sk_test_local'
  const setup =
    typeof options.pricing === 'string'
      ? parsePricing(options.pricing, options.pricingFile)
      : checkPricing(options.pricing)
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
  db.transaction(() => {
    const organizationId = db.settings.find('organizationId')?.value ?? createId('org')
    db.settings.put({ id: 'organizationId', value: organizationId })
    db.settings.put({ id: 'clockOffsetMs', value: String(clock.offsetMs) })
    platform.organizationId = organizationId
    platform.pricingModelId = installOwnPricing(platform, setup)
  })

  const webhooks = createWebhookSender(db, options.webhook ?? null)
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
      const takeBack = clock.advance(ms)
      try {
        db.settings.put({ id: 'clockOffsetMs', value: String(clock.offsetMs) })
        catchUp(platform, clock.now())
      } catch (error) {
        takeBack()
        throw error
      }
    })
    dueAt = 0
  }
  const app = buildServer({
    platform,
    key,
    latencyMs: options.latencyMs ?? 0,
    testControls: options.testControls ?? true,
    beforeRequest: settle,
    advance,
  })
  app.addHook('onResponse', async (request) => {
    // A call may have created something that falls due before what was due next.
    if (request.method !== 'GET') dueAt = Math.min(dueAt, nextDueAt(platform))
    webhooks.poke()
  })
  // Renewals happen on time even when nobody asks.
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
  return { url: platform.url, key, now: () => clock.now(), advance, close, [Symbol.asyncDispose]: close }
}

/** Installs the given pricing, or changes what an earlier start installed to it. Returns its id. */
function installOwnPricing(platform: Platform, setup: PricingSetup): string {
  const { db, clock } = platform
  const pricing = JSON.stringify(setup)
  const installed = db.settings.find('pricing')
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
