import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { epochMs } from './rules/bounds.ts'
import type { FlowgladLocalOptions } from './startFlowgladLocal.ts'
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
): (FlowgladLocalOptions & { port: number; pricing: string; pricingFile: string }) | null {
  const flags = parseFlags(args)
  if (flags.help) return null
  const pricingFile = flags.pricing ?? env.FLOWGLAD_LOCAL_PRICING ?? 'pricing.yaml'
  const pricing = readPricing(pricingFile)
  const key = flags.key ?? env.FLOWGLAD_LOCAL_KEY
  const db = flags.db ?? env.FLOWGLAD_LOCAL_DB
  const now = flags.now ?? env.FLOWGLAD_LOCAL_NOW
  const webhookUrl = flags['webhook-url'] ?? env.FLOWGLAD_LOCAL_WEBHOOK_URL
  const webhookSecret = flags['webhook-secret'] ?? env.FLOWGLAD_LOCAL_WEBHOOK_SECRET
  if (key && !/^[\x21-\x7e]+$/.test(key))
    throw new OptionsError(
      'The API key must contain only ASCII characters and no spaces, because it is sent in the Authorization header',
    )
  if (webhookUrl && !(URL.canParse(webhookUrl) && /^https?:$/.test(new URL(webhookUrl).protocol)))
    throw new OptionsError(`webhook-url must be a URL like http://127.0.0.1:3000/hook, not "${webhookUrl}"`)
  if (flags['webhook-secret'] && !webhookUrl)
    throw new OptionsError('A webhook secret needs a URL. Add --webhook-url URL.')
  if (webhookUrl && !webhookSecret)
    throw new OptionsError('A webhook URL needs a secret. Add --webhook-secret whsec_….')
  if (webhookSecret && !isWebhookSecret(webhookSecret))
    throw new OptionsError('A webhook secret must be "whsec_" followed by a base64-encoded key.')
  return {
    pricing,
    pricingFile,
    port: wholeNumber('port', flags.port ?? env.FLOWGLAD_LOCAL_PORT ?? '4010', 65_535),
    latencyMs: wholeNumber('latency', flags.latency ?? '0', 600_000),
    seed: flags.seed ?? false,
    testControls: !flags['no-test-controls'] && env.FLOWGLAD_LOCAL_TEST_CONTROLS !== 'off',
    ...(now && { startAt: date(now) }),
    ...(key && { key }),
    ...(db && { db }),
    ...(webhookUrl && webhookSecret && { webhook: { url: webhookUrl, secret: webhookSecret } }),
  }
}

function readPricing(file: string): string {
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
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        pricing: text,
        port: text,
        db: text,
        key: text,
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
    throw new OptionsError(`${error instanceof Error ? error.message : error}\n\n${readUsage()}`)
  }
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

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > max)
    throw new OptionsError(`${name} must be a whole number from 0 to ${max}, not "${text}"`)
  return value
}
