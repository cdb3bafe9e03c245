import { z } from 'zod'

/*
 * Number limits. The platform's database stores 32-bit integers. Outside the catalog, the platform returns 500
 * for a number that doesn't fit into 32 bits. For some of these numbers, this server returns 400 instead. The
 * latest time is 1 January 2200, so that every date computed from a time is valid.
 */
export const int32Max = 2 ** 31 - 1
export const maxIntervals = 1000
export const lastEpochMs = Date.UTC(2200, 0)

/**
 * A number in a call that changes the catalog. The call fails later if the number doesn't fit into 32 bits.
 */
export const wholeNumber = z.coerce.number<number>().int().positive()
export const wholeNumberOrZero = wholeNumber.or(z.literal(0))

const positive = (max: number) => wholeNumber.max(max)
const positiveOrZero = (max: number) => positive(max).or(z.literal(0))

/** Numbers in the catalog. The platform also accepts them as strings. */
export const catalogue = {
  amount: positive(int32Max),
  unitPrice: positiveOrZero(int32Max),
  usageEventsPerUnit: positive(int32Max),
  intervalCount: positive(maxIntervals),
  trialPeriodDays: positiveOrZero(36_500),
}

/** A quantity. Callers add a lower bound if they need one. */
export const quantities = z.int().max(int32Max)
export const epochMs = z.number().min(0).max(lastEpochMs)

/** A time in the API: epoch milliseconds or a date that JavaScript can parse. */
export const instant = z.coerce
  .date()
  .transform((date) => date.getTime())
  .pipe(z.int())

/** A metadata object. */
export const metadata = z.record(z.string(), z.union([z.string().max(500), z.number(), z.boolean()]))

/** Returns the error of the platform's database for a number that is out of range, or null. */
export const outOfRange = (value: number): string | null =>
  Math.abs(value) > int32Max ? `value "${value}" is out of range for type integer` : null

/** A name or slug. Like the platform, removes surrounding whitespace. */
export const label = z
  .string()
  .trim()
  .min(1, 'Field is required')
  .max(255, 'Field must be less than 255 characters')
