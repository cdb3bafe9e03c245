import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { epochMs } from './rules/bounds.ts'
import type { FlowgladLocalOptions } from './startFlowgladLocal.ts'
import { webhookKey } from './webhooks/sign.ts'

export const usage = `A Flowglad on this machine, for development and tests.

  flowglad-local --pricing pricing.yaml [options]

  --pricing FILE         products, prices and meters, YAML or JSON   FLOWGLAD_LOCAL_PRICING   pricing.yaml
  --port N               0 takes a free one                          FLOWGLAD_LOCAL_PORT      4010
  --db FILE              keep everything in this SQLite file         FLOWGLAD_LOCAL_DB        in memory
  --now DATE             where the clock of new books starts         FLOWGLAD_LOCAL_NOW       now
  --key KEY              the API key it accepts                      FLOWGLAD_LOCAL_KEY       sk_test_local
  --seed                 begin with demo customers
  --latency MS           let every API call wait
  --webhook-url URL      where events go                             FLOWGLAD_LOCAL_WEBHOOK_URL
  --webhook-secret S     whsec_ and a base64 key                     FLOWGLAD_LOCAL_WEBHOOK_SECRET
  --no-test-controls     no clock, no completing of checkouts        FLOWGLAD_LOCAL_TEST_CONTROLS=off
  --help
`

/** What is wrong with the command line or the environment, in words for whoever typed it. */
export class OptionsError extends Error {}

/**
 * The options of a command line, which wins, and an environment.
 * @returns null when help was asked for
 * @throws OptionsError
 */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): (FlowgladLocalOptions & { port: number; pricingFile: string }) | null {
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
    throw new OptionsError('A key is ASCII without spaces: no Authorization header could say another')
  if (webhookUrl && !(URL.canParse(webhookUrl) && /^https?:$/.test(new URL(webhookUrl).protocol)))
    throw new OptionsError(`webhook-url must be like http://127.0.0.1:3000/hook, not "${webhookUrl}"`)
  if (flags['webhook-secret'] && !webhookUrl)
    throw new OptionsError('A webhook secret signs what goes to a URL: name it with --webhook-url URL')
  if (webhookUrl && !webhookSecret)
    throw new OptionsError('A webhook URL needs a secret to sign with: --webhook-secret whsec_…')
  if (webhookSecret && webhookKey(webhookSecret) === null)
    throw new OptionsError('A webhook secret is "whsec_" followed by a base64 key')
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
    throw new OptionsError(`There is no pricing file at ${file}. Name one with --pricing FILE.`)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OptionsError(
      `The pricing file ${file} cannot be read: ${error instanceof Error ? error.message : error}`,
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
    throw new OptionsError(`${error instanceof Error ? error.message : error}\n--help lists the options.`)
  }
}

const moments = z.iso.date().or(z.iso.datetime({ offset: true }))

function date(text: string): number {
  // Date.parse alone would take 30 February, and read 01.02. as the Americans do.
  const ms = moments.safeParse(text).success ? Date.parse(text) : Number.NaN
  // As far as pricing goes: see `epochMs`.
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
