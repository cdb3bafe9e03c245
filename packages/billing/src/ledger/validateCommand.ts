import { z } from 'zod'
import type { Command } from './commands.ts'
import { InvalidCommandError } from './errors.ts'

/** Neither store keeps NUL, PostgreSQL no lone surrogate; NUL also separates names within the core. */
const loneSurrogate = /\p{Surrogate}/gu
const isStorable = (text: string) => text.search(loneSurrogate) === -1 && !text.includes('\0')
const text = (max: number) => z.string().min(1).max(max).refine(isStorable, 'cannot be stored')
const int32 = z.number().int().max(2_147_483_647)
const amount = int32.min(1)
const durationMs = z
  .number()
  .int()
  .min(1)
  .max(366 * 24 * 3_600_000)
const time = z.number().int().nullable()
const count = z.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)

const customer = text(256)
const attempt = text(64)
const meter = text(128)
const token = text(64)
const procedure = text(256)
const key = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/)
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/)
const price = z.union([
  z.strictObject({ priceSlug: text(256) }),
  z.strictObject({ usageMeterSlug: text(256) }),
])
const distinctMeters = [
  (items: { meter: string }[]) => new Set(items.map((item) => item.meter)).size === items.length,
  'one leg a meter',
] as const

/** A charge is never refused for its decoration: what cannot be stored of it is left out. */
const decoration = z
  .string()
  .transform((it) => it.slice(0, 1024).replaceAll(loneSurrogate, '\uFFFD').replaceAll('\0', ''))
const propertyName = z.string().min(1).max(128).refine(isStorable)
const properties = z.record(z.string(), z.unknown()).transform((given) => {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(given).slice(0, 50)) {
    const parsed = z.union([decoration, z.number(), z.boolean()]).safeParse(value)
    if (parsed.success && propertyName.safeParse(name).success) kept[name] = parsed.data
  }
  return kept
})

const reserve = z.object({
  type: z.literal('reserve'),
  customer,
  attempt,
  procedure,
  key: key.nullable(),
  fingerprint: fingerprint.nullable(),
  legs: z
    .array(
      z.object({
        meter,
        amount,
        unlimitedBy: text(256).nullable(),
        overageWith: text(256).nullable(),
        onExpiry: z.enum(['release', 'settle']),
        price,
      }),
    )
    .min(1)
    .max(32)
    .refine(...distinctMeters),
  ttlMs: durationMs,
  maxHoldMs: durationMs,
  snapshotMaxStaleMs: durationMs,
  decisive: z.boolean(),
})

const settle = z.object({
  type: z.literal('settle'),
  customer,
  attempt,
  subscription: text(256),
  procedure,
  key: key.nullable(),
  fingerprint: fingerprint.nullable(),
  legs: z
    .array(z.object({ meter, amount: int32.min(0), price, flagged: decoration.nullable() }))
    .max(32)
    .refine(...distinctMeters),
  result: z
    .string()
    .transform((it) => (isStorable(it) ? it : null))
    .nullable(),
  reference: decoration.nullable(),
  properties,
})

const eventId = { attempt, meter }
const subscription = z.object({
  id: text(256),
  status: text(64),
  cancelScheduledAt: time,
  scheduledAdjustmentAt: time,
  periodStart: time,
  periodEnd: time,
  planName: z.string().max(1024).refine(isStorable),
  priceSlug: text(256).nullable(),
  isFree: z.boolean(),
  features: z.array(text(256)).max(1000),
})
const snapshot = z.object({
  subscription: subscription.nullable(),
  meters: z.record(meter, z.object({ available: count, granted: count })),
})

const commandSchema = z.discriminatedUnion('type', [
  reserve,
  z.object({ type: z.literal('renew'), customer, attempt, ttlMs: durationMs }),
  settle,
  z.object({ type: z.literal('release'), customer, attempt }),
  z.object({ type: z.literal('expire'), customer }),
  z.object({
    type: z.literal('takeLease'),
    customer,
    token,
    purpose: z.enum(['fetch', 'deliver']),
    leaseMs: durationMs,
    maxEvents: z.number().int().min(0).max(10_000),
    extend: z.boolean(),
  }),
  z.object({
    type: z.literal('leaveLease'),
    customer,
    token,
    untaken: z.array(z.object(eventId)).max(10_000),
  }),
  z.object({
    type: z.literal('install'),
    customer,
    token,
    snapshot,
    unlimitedBy: z.record(meter, text(256)),
  }),
  z.object({
    type: z.literal('acknowledge'),
    customer,
    events: z.array(z.object({ ...eventId, priceId: text(256).nullable() })).max(10_000),
  }),
  z.object({
    type: z.literal('park'),
    customer,
    events: z.array(z.object({ ...eventId, reason: decoration, retryInMs: durationMs })).max(10_000),
  }),
  z.object({ type: z.literal('drop'), customer, events: z.array(z.object(eventId)).max(10_000) }),
]) satisfies z.ZodType<Command>

/**
 * The command as it will be queued, or `InvalidCommandError`: amounts are integers up to 2^31−1, strings can be stored, a key comes
 * with its fingerprint. So a malformed command never takes its neighbours in a batch down with it.
 */
export function validateCommand(command: Command): Command {
  const parsed = commandSchema.safeParse(command)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new InvalidCommandError({ path: issue?.path.join('.') ?? '', reason: issue?.message ?? 'invalid' })
  }
  const { data } = parsed
  if ('key' in data && (data.key === null) !== (data.fingerprint === null)) {
    throw new InvalidCommandError({ path: 'fingerprint', reason: 'a key comes with a fingerprint' })
  }
  return data
}
