import type { DenialCode } from './denials.ts'

/** Maps each denial code to its tRPC error code and its HTTP status. */
export const denialStatuses = {
  INSUFFICIENT_CREDITS: { trpc: 'PAYMENT_REQUIRED', http: 402 },
  PAYMENT_OVERDUE: { trpc: 'PAYMENT_REQUIRED', http: 402 },
  BUDGET_EXCEEDED: { trpc: 'PAYMENT_REQUIRED', http: 402 },
  NO_SUBSCRIPTION: { trpc: 'PAYMENT_REQUIRED', http: 402 },
  CUSTOMER_ARCHIVED: { trpc: 'FORBIDDEN', http: 403 },
  FEATURE_NOT_INCLUDED: { trpc: 'FORBIDDEN', http: 403 },
  IN_PROGRESS: { trpc: 'CONFLICT', http: 409 },
  KEY_REUSED: { trpc: 'CONFLICT', http: 409 },
  ALREADY_COMPLETED: { trpc: 'CONFLICT', http: 409 },
  STREAM_REPLACED: { trpc: 'CONFLICT', http: 409 },
  KEY_REQUIRED: { trpc: 'BAD_REQUEST', http: 400 },
  KEY_INVALID: { trpc: 'BAD_REQUEST', http: 400 },
  FOREIGN_ORIGIN: { trpc: 'FORBIDDEN', http: 403 },
  PREFETCH: { trpc: 'FORBIDDEN', http: 403 },
  BILLING_UNAVAILABLE: { trpc: 'SERVICE_UNAVAILABLE', http: 503 },
} as const satisfies Record<DenialCode, { trpc: string; http: number }>
