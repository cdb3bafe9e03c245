import { withCauses } from './causes.ts'
import { denialStatuses } from './denialStatuses.ts'
import type { Denial } from './denials.ts'

/**
 * Returns the denial in an error, or null if the call failed for another reason. Accepts a tRPC client's
 * error, a TRPCError from `createCaller`, a `BillingError`, or an error with one of these errors as its
 * `cause`.
 *
 * React redacts errors that leave a server component or a server action. In these places, call
 * `billingDenial` on the server, and return the denial.
 */
export function billingDenial(error: unknown): Denial | null {
  for (const current of withCauses(error)) {
    // Don't check the class: the error can come from a second copy of this package.
    const denial = [field(field(current, 'data'), 'billing'), field(current, 'denial')].find(isDenial)
    if (denial !== undefined) return denial
  }
  return null
}

/** The server never sends a partial denial, so a known code is enough to recognize a denial. */
function isDenial(value: unknown): value is Denial {
  const code = field(value, 'code')
  return typeof code === 'string' && Object.hasOwn(denialStatuses, code)
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
