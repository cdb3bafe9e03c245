import { z } from 'zod'
import type { Platform } from '../platform/Platform.ts'
import { visible } from './visible.ts'

/** What a feature of another kind would say. */
const nothing = z.literal(null).optional()

/** What a feature says by its kind: of a product, or of one subscription, which differ in what they take for an amount. */
export const featureKinds = <Amount extends z.ZodType<number>>(amount: Amount) => ({
  toggle: {
    type: z.literal('toggle'),
    amount: nothing,
    usageMeterId: nothing,
    renewalFrequency: nothing,
    resourceId: nothing,
  },
  grant: {
    type: z.literal('usage_credit_grant'),
    amount,
    usageMeterId: z.string(),
    renewalFrequency: z.enum(['once', 'every_billing_period']),
    resourceId: nothing,
  },
  resource: {
    type: z.literal('resource'),
    amount,
    usageMeterId: nothing,
    renewalFrequency: nothing,
    resourceId: z.string(),
  },
})

/** Whether a feature names a meter or a resource that is not of the key's own pricing model: nobody could count it. */
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
