import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { apiKey } from './rules/apiKey.ts'
import { epochMs } from './rules/bounds.ts'
import type { FlowgladLocalOptions, KeyOptions } from './startFlowgladLocal.ts'
import { isWebhookSecret } from './webhooks/webhookSecret.ts'

/** Returns the help text. `bin/flowglad-local.js` prints the same file before the first build. */
export const readUsage = () => readFileSync(new URL('../bin/help.txt', import.meta.url), 'utf8')

/** Reports a mistake on the command line or in the environment. */
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
  const flags = parseFlags(args)
  if (flags.help) return null
  const keys = pairKeys(
    flags.key ?? [env.FLOWGLAD_LOCAL_KEY || 'sk_test_local'],
    flags.pricing ?? [env.FLOWGLAD_LOCAL_PRICING || 'pricing.yaml'],
  )
  const db = flags.db ?? env.FLOWGLAD_LOCAL_DB
  const now = flags.now ?? env.FLOWGLAD_LOCAL_NOW
  const webhookUrl = flags['webhook-url'] ?? env.FLOWGLAD_LOCAL_WEBHOOK_URL
  const webhookSecret = flags['webhook-secret'] ?? env.FLOWGLAD_LOCAL_WEBHOOK_SECRET
  if (webhookUrl && !isHttpUrl(webhookUrl))
    throw new OptionsError(`webhook-url must be a URL like http://127.0.0.1:3000/hook, not "${webhookUrl}"`)
  if (flags['webhook-secret'] && !webhookUrl)
    throw new OptionsError('A webhook secret needs a URL. Add --webhook-url URL.')
  if (webhookUrl && !webhookSecret)
    throw new OptionsError('A webhook URL needs a secret. Add --webhook-secret whsec_….')
  if (webhookSecret && !isWebhookSecret(webhookSecret))
    throw new OptionsError('A webhook secret must be "whsec_" followed by a base64-encoded key.')
  return {
    keys,
    port: wholeNumber('port', flags.port ?? env.FLOWGLAD_LOCAL_PORT ?? '4010', 65_535),
    latencyMs: wholeNumber('latency', flags.latency ?? env.FLOWGLAD_LOCAL_LATENCY ?? '0', 600_000),
    seed: flags.seed ?? isOn('seed', env.FLOWGLAD_LOCAL_SEED, false),
    testControls: !flags['no-test-controls'] && isOn('test-controls', env.FLOWGLAD_LOCAL_TEST_CONTROLS, true),
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
    throw new OptionsError(`No pricing file at ${file}. Choose a file with --pricing FILE.`)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OptionsError(
      `Cannot read the pricing file ${file}: ${error instanceof Error ? error.message : error}`,
    )
  }
}

function parseFlags(args: readonly string[]) {
  const text = { type: 'string' } as const
  const texts = { type: 'string', multiple: true } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
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
      },
    }).values
  } catch (error) {
    throw argumentError(error)
  }
}

/** Converts an error of `parseArgs`. Removes Node's advice on arguments that start with a hyphen. */
export function argumentError(error: unknown): OptionsError {
  const [why] = String(error instanceof Error ? error.message : error).split('. To specify')
  return new OptionsError(`${why?.replace(/\.$/, '')}. --help lists the options.`)
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
