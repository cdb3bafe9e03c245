import type { Denial, DenialCode } from '../contract/denials.ts'

const codes: Record<DenialCode, true> = {
  INSUFFICIENT_CREDITS: true,
  NO_SUBSCRIPTION: true,
  FEATURE_NOT_INCLUDED: true,
  IN_PROGRESS: true,
  KEY_REUSED: true,
  ALREADY_COMPLETED: true,
  KEY_INVALID: true,
  KEY_REQUIRED: true,
  BILLING_UNAVAILABLE: true,
}

/** Returns the denial in an error that a tRPC client threw, or null if the call failed for another reason. */
export function billingDenial(error: unknown): Denial | null {
  const denial = field(field(error, 'data'), 'billing')
  return isDenial(denial) ? denial : null
}

/** The server never sends a partial denial, so a known code is enough to recognize a denial. */
function isDenial(value: unknown): value is Denial {
  const code = field(value, 'code')
  return typeof code === 'string' && Object.hasOwn(codes, code)
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
