import { z } from 'zod'
import type { Platform } from '../platform/Platform.ts'
import { visible } from './visible.ts'

/** A field that only other feature types have; must be null or absent. */
const nothing = z.literal(null).optional()

/**
 * Returns the fields of each feature type. The allowed amounts differ between product features and
 * subscription features.
 * @param own additional fields. They precede `resourceId` in the platform's order.
 */
export const featureKinds = <Amount extends z.ZodType<number>, Own extends z.ZodRawShape>(
  amount: Amount,
  own: Own,
) => ({
  toggle: {
    type: z.literal('toggle'),
    amount: nothing,
    usageMeterId: nothing,
    renewalFrequency: nothing,
    ...own,
    resourceId: nothing,
  },
  grant: {
    type: z.literal('usage_credit_grant'),
    amount,
    usageMeterId: z.string(),
    renewalFrequency: z.enum(['once', 'every_billing_period']),
    ...own,
    resourceId: nothing,
  },
  resource: {
    type: z.literal('resource'),
    amount,
    usageMeterId: nothing,
    renewalFrequency: nothing,
    ...own,
    resourceId: z.string(),
  },
})

/** Returns whether a feature refers to a meter or resource outside the API key's pricing model. */
export const namesForeign = (
  platform: Platform,
  {
    usageMeterId,
    resourceId,
  }: { usageMeterId?: string | null | undefined; resourceId?: string | null | undefined },
): boolean =>
  Boolean(
    (usageMeterId && !visible(platform, platform.db.usageMeters).find(usageMeterId)) ||
      (resourceId && !visible(platform, platform.db.resources).find(resourceId)),
  )
