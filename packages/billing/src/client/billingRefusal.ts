import type { Refusal, RefusalCode } from '../refusals.ts'

const codes: Record<RefusalCode, true> = {
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

/** Why billing refused, out of any error a tRPC client throws; null when something else went wrong. */
export function billingRefusal(error: unknown): Refusal | null {
  const refusal = field(field(error, 'data'), 'billing')
  return isRefusal(refusal) ? refusal : null
}

/** The server formats all of a refusal or none of it, so its code stands for the rest. */
function isRefusal(value: unknown): value is Refusal {
  const code = field(value, 'code')
  return typeof code === 'string' && Object.hasOwn(codes, code)
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
