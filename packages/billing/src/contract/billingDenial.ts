import { denialStatuses } from './denialStatuses.ts'
import type { Denial } from './denials.ts'

/** Errors wrap each other a few levels deep. The limit only ends cycles. */
const maxDepth = 16

/**
 * Returns the denial in an error, or null if the call failed for another reason. Finds it in the errors of
 * every caller: a tRPC client's error, the TRPCError of `createCaller`, a `BillingError`, and errors that have
 * one of these as their `cause`.
 *
 * React redacts errors that leave a server component or a server action. Call `billingDenial` on the server
 * there, and return the denial.
 */
export function billingDenial(error: unknown): Denial | null {
  let current = error
  for (let depth = 0; depth < maxDepth && isObject(current); depth++) {
    // A check by class would fail for an error from a second copy of this package.
    const denial = [field(field(current, 'data'), 'billing'), field(current, 'denial')].find(isDenial)
    if (denial !== undefined) return denial
    current = field(current, 'cause')
  }
  return null
}

/** The server never sends a partial denial, so a known code is enough to recognize a denial. */
function isDenial(value: unknown): value is Denial {
  const code = field(value, 'code')
  return typeof code === 'string' && Object.hasOwn(denialStatuses, code)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const field = (value: unknown, name: string): unknown =>
  isObject(value) ? Reflect.get(value, name) : undefined
