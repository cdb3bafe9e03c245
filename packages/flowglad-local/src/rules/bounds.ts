import { z } from 'zod'

/*
 * What numbers may be. The platform's database holds 32-bit integers; beyond them it answers 500, this server 400.
 * Times end where calendars still mean something, so that no date computed from them is invalid.
 */
export const int32Max = 2 ** 31 - 1
export const maxIntervals = 1000
export const lastEpochMs = Date.UTC(2200, 0)

const positive = (max: number) => z.coerce.number<number>().int().positive().max(max)
const positiveOrZero = (max: number) => positive(max).or(z.literal(0))

/** Numbers of the catalogue, which the platform takes as text too. */
export const catalogue = {
  amount: positive(int32Max),
  unitPrice: positiveOrZero(int32Max),
  usageEventsPerUnit: positive(int32Max),
  intervalCount: positive(maxIntervals),
  trialPeriodDays: positiveOrZero(36_500),
}

export const cents = z.int().nonnegative().max(int32Max)
export const units = z.int().positive().max(int32Max)
/** A quantity whose lower bound is a rule of its own. */
export const quantities = z.int().max(int32Max)
export const epochMs = z.number().min(0).max(lastEpochMs)

/** A name or slug as the platform takes it for meters and features: without the space around it, not empty, not long. */
export const label = z
  .string()
  .trim()
  .min(1, 'Field is required')
  .max(255, 'Field must be less than 255 characters')
