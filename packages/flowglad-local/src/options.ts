import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { apiKey } from './rules/apiKey.ts'
import { epochMs } from './rules/bounds.ts'
import { nearestName } from './rules/nearestName.ts'
import type { FlowgladLocalOptions, KeyOptions } from './startFlowgladLocal.ts'
import { isWebhookSecret } from './webhooks/webhookSecret.ts'

/** Returns a help text. `bin/flowglad-local.js` prints the same files if there is no build yet. */
export const readUsage = (name: 'help' | 'help-replay' = 'help') =>
  readFileSync(new URL(`../bin/${name}.txt`, import.meta.url), 'utf8')

const createSecret = `Create one: node -p "'whsec_' + crypto.randomBytes(24).toString('base64')"`

/** A mistake on the command line or in the environment variables. */
export class OptionsError extends Error {}

/**
 * Reads options from the command line and the environment. The command line takes precedence.
 * @returns null if the user asked for help
 * @throws OptionsError
 */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): (Omit<FlowgladLocalOptions, keyof KeyOptions | 'keys'> & { port: number; keys: StartKey[] }) | null {
  const given = parseFlags(args)
  if (given.help) return null
  const keys = pairKeys(
    given.key ?? [env.FLOWGLAD_LOCAL_KEY || 'sk_test_local'],
    given.pricing ?? [env.FLOWGLAD_LOCAL_PRICING || 'pricing.yaml'],
  )
  const db = given.db ?? env.FLOWGLAD_LOCAL_DB
  const now = given.now ?? env.FLOWGLAD_LOCAL_NOW
  const webhookUrl = given['webhook-url'] ?? env.FLOWGLAD_LOCAL_WEBHOOK_URL
  const webhookSecret = given['webhook-secret'] ?? env.FLOWGLAD_LOCAL_WEBHOOK_SECRET
  if (webhookUrl && !isHttpUrl(webhookUrl))
    throw new OptionsError(`webhook-url must be a URL like http://127.0.0.1:3000/hook, not "${webhookUrl}"`)
  if (given['webhook-secret'] && !webhookUrl)
    throw new OptionsError('A webhook secret needs a URL. Add --webhook-url URL.')
  if (webhookUrl && !webhookSecret)
    throw new OptionsError(`A webhook URL needs a secret. Add --webhook-secret. ${createSecret}`)
  if (webhookSecret && !isWebhookSecret(webhookSecret))
    throw new OptionsError(
      `A webhook secret must be "whsec_" followed by a base64-encoded key. ${createSecret}`,
    )
  return {
    keys,
    port: wholeNumber('port', given.port ?? env.FLOWGLAD_LOCAL_PORT ?? '4010', 65_535),
    latencyMs: wholeNumber('latency', given.latency ?? env.FLOWGLAD_LOCAL_LATENCY ?? '0', 600_000),
    seed: given.seed ?? isOn('seed', env.FLOWGLAD_LOCAL_SEED, false),
    testControls: !given['no-test-controls'] && isOn('test-controls', env.FLOWGLAD_LOCAL_TEST_CONTROLS, true),
    ...(now && { startAt: date(now) }),
    ...(db && { db }),
    ...(webhookUrl && webhookSecret && { webhook: { url: webhookUrl, secret: webhookSecret } }),
  }
}

/** An API key with its pricing file. */
export interface StartKey {
  key: string
  pricing: string
  pricingFile: string
}

/** Pairs each key with a pricing file. If there is only one file, each key gets its own copy of the pricing. */
function pairKeys(keys: readonly string[], files: readonly string[]): StartKey[] {
  for (const key of keys) {
    const checked = apiKey.safeParse(key)
    if (!checked.success) throw new OptionsError(checked.error.issues[0]?.message)
  }
  const twice = keys.find((key, i) => keys.indexOf(key) !== i)
  if (twice !== undefined)
    throw new OptionsError(`The API key ${twice} appears twice. Use a different key for each --key.`)
  if (files.length !== 1 && files.length !== keys.length)
    throw new OptionsError(
      `The number of pricing files (${files.length}) must match the number of API keys (${keys.length}). Give each --key its own --pricing, or give one --pricing for all.`,
    )
  return keys.map((key, i) => {
    const pricingFile = files[i] ?? files[0] ?? ''
    return { key, pricingFile, pricing: readPricing(pricingFile) }
  })
}

/** @throws OptionsError */
export function readPricing(file: string): string {
  if (!existsSync(file))
    throw new OptionsError(
      `No pricing file at ${file}. Choose a file with --pricing FILE. --help shows an example of its content.`,
    )
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OptionsError(
      `Cannot read the pricing file ${file}: ${error instanceof Error ? error.message : error}`,
    )
  }
}

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const
export const serverFlags = {
  pricing: texts,
  port: text,
  db: text,
  key: texts,
  latency: text,
  now: text,
  'webhook-url': text,
  'webhook-secret': text,
  seed: flag,
  'no-test-controls': flag,
  help: { ...flag, short: 'h' },
} as const

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: serverFlags }).values
  } catch (error) {
    throw argumentError(error, Object.keys(serverFlags))
  }
}

/**
 * Converts an error of `parseArgs`. Removes Node's advice on arguments that start with a hyphen, and suggests
 * the option with the most similar name.
 */
export function argumentError(error: unknown, known: readonly string[]): OptionsError {
  const message = String(error instanceof Error ? error.message : error)
  const [why] = message.split('. To specify')
  const typed = /^Unknown option '--([^']+)'/.exec(message)?.[1]
  const near = typed ? nearestName(typed, known) : null
  const file = /^Unexpected argument '([^']*)'/.exec(message)?.[1]
  if (file !== undefined)
    return new OptionsError(
      `Unexpected argument '${file}'. To use a pricing file, add --pricing before its name. --help lists the options.`,
    )
  return new OptionsError(
    `${why?.replace(/\.$/, '')}. ${near ? `Did you mean --${near}? ` : ''}--help lists the options.`,
  )
}

export const isHttpUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

function isOn(name: string, text: string | undefined, byDefault: boolean): boolean {
  if (text === undefined || text === '') return byDefault
  if (text !== 'on' && text !== 'off') throw new OptionsError(`${name} must be on or off, not "${text}"`)
  return text === 'on'
}

const moments = z.iso.date().or(z.iso.datetime({ offset: true }))

function date(text: string): number {
  // `Date.parse` alone accepts 30 February and reads 01.02. as 2 January.
  const ms = moments.safeParse(text).success ? Date.parse(text) : Number.NaN
  // `epochMs` limits the date to the year 2200.
  if (!epochMs.safeParse(ms).success)
    throw new OptionsError(`now must be a date like 2027-01-31 or 2027-01-31T12:00Z, not "${text}"`)
  return ms
}

/** @throws OptionsError */
export function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > max)
    throw new OptionsError(`${name} must be a whole number from 0 to ${max}, not "${text}"`)
  return value
}
