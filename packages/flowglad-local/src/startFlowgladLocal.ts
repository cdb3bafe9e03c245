import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { seed } from './billing/demoCustomers.ts'
import { addedDatabaseFile, databaseFiles, separateFile } from './databaseFiles.ts'
import { type OpenOrganization, openOrganization } from './openOrganization.ts'
import { createClock } from './platform/clock.ts'
import { explainOnce } from './platform/explainOnce.ts'
import { createName } from './platform/ids.ts'
import { firstOf, type Organization } from './platform/organizations.ts'
import { conflict } from './platform/problems.ts'
import { checkPricing, parsePricing } from './pricing/parsePricing.ts'
import type { PricingSetupInput } from './pricing/pricingSetup.ts'
import { apiKey } from './rules/apiKey.ts'
import { buildServer } from './server.ts'
import type { WebhookTarget } from './webhooks/WebhookTarget.ts'

/** An API key with its own organization and pricing model. */
export interface KeyOptions {
  /**
   * 1 to 128 visible ASCII characters without spaces. If you add a key without this option, the server
   * creates a key that starts with `sk_test_`.
   */
  key?: string
  /**
   * A setup, or a pricing file's content in YAML or JSON. Unlike the API, this option rejects unknown fields,
   * because they are usually misspelled. Default: the pricing in the key's database.
   */
  pricing?: PricingSetupInput | string
  /** The source of the pricing, such as a file name, for error messages. Default `pricing`. */
  pricingFile?: string
}

/** The settings of a flowglad-local server. */
export interface FlowgladLocalOptions extends KeyOptions {
  /** The API key that the server accepts. Default `sk_test_local`. */
  key?: string
  /**
   * More API keys. No key can see another key's records. If neither `key` nor `pricing` is set, the server
   * accepts only these keys.
   */
  keys?: readonly KeyOptions[]
  /** The port to listen on. 0 chooses a free port. Default 0. */
  port?: number
  /**
   * The SQLite file for the data. A server that starts with one key stores the key's data in this file, and
   * records the key in it. The data of any other key is in a separate file, `<db>.key-<key>`. Default: temporary
   * files that the server deletes when it stops.
   */
  db?: string
  /** A receiver for events from all keys, in addition to the webhooks created through the API. */
  webhook?: WebhookTarget
  /** Enables the routes below `/__test__` and the dashboard's controls, such as those for the clock. Default true. */
  testControls?: boolean
  /** Adds demo customers if there are no customers yet. Default false. */
  seed?: boolean
  /** The delay before each API call. The dashboard can change it. Default 0. */
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
  /** The first API key. */
  key: string
  /**
   * Adds an API key with its own organization and pricing model.
   * @throws PricingError if the pricing is invalid, and an error if the key is invalid or the server already has it
   */
  addKey(options: KeyOptions): { key: string }
  /** Returns the platform's time in epoch milliseconds. */
  now(): number
  /** Moves the clock forward and runs everything that becomes due, such as renewals, before it returns. */
  advance(ms: number): void
  /**
   * Replaces a key's pricing. Current subscriptions keep their prices and features.
   * @param key default: the first key
   * @throws PricingError if the new pricing is invalid; the server then keeps the current pricing
   */
  updatePricing(pricing: PricingSetupInput | string, key?: string): void
  /** Stops the server. A database file keeps its data. */
  close(): Promise<void>
}

/**
 * Starts a Flowglad server on this machine.
 *
 *     await using flowglad = await startFlowgladLocal({ pricing })
 *     const sdk = new Flowglad({ baseURL: flowglad.url, apiKey: flowglad.key })
 *
 * @throws PricingError if the pricing is invalid, or an error if a key is invalid or the port is in use
 */
export async function startFlowgladLocal(options: FlowgladLocalOptions): Promise<FlowgladLocal> {
  const source = options.clock ?? Date.now
  const startOffset = options.startAt === undefined ? 0 : options.startAt - source()
  const clock = createClock({ source, offsetMs: startOffset })
  const organizations = new Map<string, OpenOrganization>()
  const files = new Set<string | null>()
  const all = () => [...organizations.values()]
  let url = ''

  const open = (key: string, { pricing, pricingFile }: AddedKey, file: string | null) => {
    if (organizations.has(key))
      throw conflict(`The server already has the API key ${key}. Choose another key.`)
    const { offsetMs } = clock
    const organization = openOrganization({
      key,
      file,
      clock,
      setup: pricing === undefined ? null : readSetup(pricing, pricingFile),
      webhook: options.webhook ?? null,
      latencyMs: options.latencyMs ?? 0,
    })
    organization.platform.url = url
    // If the new key's database was ahead, it moved the clock forward. Store the new time in the other
    // databases too. Otherwise, a restart without this key would move the clock back.
    if (clock.offsetMs !== offsetMs)
      for (const { platform, followClock } of all()) platform.db.transaction(followClock)
    organizations.set(key, organization)
    files.add(file)
  }
  const starting = startKeys(options)
  const openStartKeys = () => {
    const { db } = options
    const keys = starting.map(({ key }) => checkKey(key))
    const keyFiles = db === undefined ? undefined : databaseFiles(db, keys)
    const opened = starting.map((added) => ({ added, file: keyFiles?.get(added.key) ?? null }))
    const exists = (file: string | null) => file !== null && existsSync(file)
    // Open existing databases first, so that they restore the clock before a new database stores its time.
    for (const { added, file } of opened.toSorted((a, b) => Number(exists(b.file)) - Number(exists(a.file))))
      open(added.key, added, file)
    const given = keys.flatMap((key) => organizations.get(key) ?? [])
    organizations.clear()
    for (const organization of given) organizations.set(organization.key, organization)
  }
  const addKey = ({ key = createKey(), ...added }: AddedKey) => {
    checkKey(key)
    const { db } = options
    const file = db === undefined ? null : files.has(db) ? separateFile(db, key) : addedDatabaseFile(db, key)
    open(key, added, file)
    return { key }
  }
  const closeAll = () => Promise.all(all().map((organization) => organization.close()))
  try {
    openStartKeys()
  } catch (error) {
    await closeAll()
    throw error
  }

  const settle = () => {
    for (const organization of all()) organization.settle()
  }
  const poke = () => {
    for (const { webhooks } of all()) webhooks.poke()
  }
  const advance = (ms: number) => {
    settle()
    const undoMove = clock.advance(ms)
    try {
      inTransactions(all(), () => {
        for (const organization of all()) organization.followClock()
      })
    } catch (error) {
      undoMove()
      throw error
    }
    poke()
  }
  const updatePricing = (pricing: PricingSetupInput | string, key = firstOf(organizations).key) => {
    const organization = organizations.get(key)
    if (!organization) throw new Error(`The server has no API key ${key}. Add the key or use another one.`)
    const setup = readSetup(pricing, starting.find((given) => given.key === key)?.pricingFile)
    organization.settle()
    organization.updatePricing(setup)
  }
  const app = buildServer({
    organizations,
    testControls: options.testControls ?? true,
    beforeRequest: settle,
    advance,
    addKey,
  })
  app.addHook('onResponse', async () => poke())
  // Even without requests, run renewals and retry webhooks on time.
  const explain = explainOnce()
  const ticker = setInterval(() => {
    try {
      settle()
      for (const organization of all()) organization.prune()
      poke()
    } catch (error) {
      // A write can fail, for example because the disk is full. Requests report the error too, and the next
      // tick tries again.
      explain(`Renewals and retries can't run: ${error}`)
    }
  }, 1000)
  ticker.unref()

  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= shutDown()
    return closing
  }
  const shutDown = async () => {
    clearInterval(ticker)
    await Promise.all(all().map(({ webhooks }) => webhooks.close()))
    await app.close()
    await closeAll()
  }
  try {
    await app.listen({ host: '127.0.0.1', port: options.port ?? 0 })
  } catch (error) {
    await close()
    throw error
  }
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  for (const { platform } of all()) {
    platform.url = url
    if (options.seed) seed(platform)
  }
  poke()
  return {
    url,
    key: firstOf(organizations).key,
    addKey,
    now: () => clock.now(),
    advance,
    updatePricing,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const createKey = () => `sk_test_${createName()}`

/**
 * Returns the key.
 * @throws Error if a client couldn't send the key
 */
function checkKey(key: string): string {
  const checked = apiKey.safeParse(key)
  if (!checked.success) throw new Error(checked.error.issues[0]?.message)
  return key
}

/**
 * Returns the keys to start with: the key from the options, then the keys from the list. Omits the default
 * key if the options specify only the list.
 */
function startKeys({ key, pricing, pricingFile, keys = [] }: FlowgladLocalOptions) {
  const own = {
    key: key ?? 'sk_test_local',
    ...(pricing !== undefined && { pricing }),
    ...(pricingFile !== undefined && { pricingFile }),
  }
  const listed = keys.map((added) => ({ ...added, key: added.key ?? createKey() }))
  return keys.length > 0 && key === undefined && pricing === undefined ? listed : [own, ...listed]
}

/** Pricing that isn't checked yet, for example from an HTTP request. */
type AddedKey = Omit<KeyOptions, 'pricing'> & { pricing?: unknown }

const readSetup = (pricing: unknown, pricingFile: string | undefined) =>
  typeof pricing === 'string' ? parsePricing(pricing, pricingFile) : checkPricing(pricing, pricingFile)

/** Runs `work` in a transaction of each organization's database. If `work` throws, no database changes. */
function inTransactions([first, ...others]: readonly Organization[], work: () => void): void {
  if (first) first.platform.db.transaction(() => inTransactions(others, work))
  else work()
}
