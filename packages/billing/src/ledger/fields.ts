import { z } from 'zod'
import { keyPattern } from '../contract/keyFormat.ts'

/**
 * Schemas for the fields of the ledger's commands. The schemas reject or replace values that can't be stored,
 * because such a value would make the whole batch fail.
 */

/**
 * Text that contains NUL or a lone surrogate can't be stored. PostgreSQL rejects both, and SQLite doesn't handle
 * NUL in text reliably. The core uses NUL to separate names.
 */
const loneSurrogate = /\p{Surrogate}/u
const loneSurrogates = /\p{Surrogate}/gu
export const isStorable = (text: string) => !loneSurrogate.test(text) && !text.includes('\0')

const maxInt32 = 2_147_483_647
const maxDurationMs = 366 * 24 * 3_600_000

/** Text of 1 to `max` characters that can be stored. */
export const text = (max: number) => z.string().min(1).max(max).refine(isStorable, 'cannot be stored')

/** Your own ID for the user or organization. */
export const customer = text(256)
/** The ID (UUIDv7) of one run of the work. This ID becomes the usage events' `transactionId`. */
export const attempt = text(64)
/** The meter's slug. */
export const meter = text(128)
/** The procedure's path. A key is scoped to its procedure, and a charge shows its procedure. */
export const procedure = text(256)
/** The client's name for the operation. */
export const key = z.string().regex(keyPattern)
export const fingerprintPattern = /^[0-9a-f]{64}$/
/** SHA-256 (hex) of the canonical raw input. */
export const fingerprint = z.string().regex(fingerprintPattern)
export const operationPattern = /^[\w-]{22}\.[0-9a-f]{16}$/
/**
 * Identifies one logical operation in Flowglad's records: a hash of the customer, the procedure and the key, and
 * the start of the input's fingerprint. See `operationId`.
 */
export const operation = z.string().regex(operationPattern)
/** The ID of one of the customer's budgets. */
export const budgetId = text(512)
/** The ID of a lease. */
export const token = text(64)

/** Units to hold. Flowglad stores int32. */
export const amount = z.number().int().min(1).max(maxInt32)
/** The units that the work used. 0 books nothing. */
export const actualAmount = z.number().int().min(0).max(maxInt32)
/** Units that Flowglad reports. A balance can be negative. */
export const reportedUnits = z.number().int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)

/** Units to add to a balance, or to subtract from it. */
export const signedAmount = z
  .number()
  .int()
  .min(-maxInt32)
  .max(maxInt32)
  .refine((it) => it !== 0, 'must not be 0')

export const durationMs = z.number().int().min(1).max(maxDurationMs)
/** Epoch milliseconds. */
export const time = z.number().int()

/**
 * Identifies a usage event's price at Flowglad, by the price's slug or by the meter's slug. The meter's slug
 * selects the meter's default price.
 */
export const price = z.union([
  z.strictObject({ priceSlug: text(256) }),
  z.strictObject({ usageMeterSlug: text(256) }),
])

/** The attempt and the meter identify a usage event. */
export const eventId = z.object({ attempt, meter })

/**
 * Text that describes a charge. Characters that can't be stored are replaced or removed, so the text can't
 * make the charge fail.
 */
export const decoration = z
  .string()
  .transform((it) => it.slice(0, 1024).replaceAll(loneSurrogates, '\uFFFD').replaceAll('\0', ''))

const propertyName = z.string().min(1).max(128).refine(isStorable)
const propertyValue = z.union([decoration, z.number(), z.boolean()])

/**
 * Up to 50 properties of a usage event. Properties that can't be stored are left out, so they can't make the
 * charge fail.
 */
export const properties = z.record(z.string(), z.unknown()).transform((given) => {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(given).slice(0, 50)) {
    const parsed = propertyValue.safeParse(value)
    if (parsed.success && propertyName.safeParse(name).success) kept[name] = parsed.data
  }
  return kept
})

/** Up to 32 legs, each for a different meter. */
export const legsOf = <L extends z.ZodType<{ meter: string }>>(leg: L) =>
  z
    .array(leg)
    .max(32)
    .refine((legs) => new Set(legs.map((it) => it.meter)).size === legs.length, 'one leg per meter')

/** Up to 10,000 elements. */
export const listOf = <E extends z.ZodType>(element: E) => z.array(element).max(10_000)
