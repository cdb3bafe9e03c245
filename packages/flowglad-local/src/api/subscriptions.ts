import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { addFeature } from '../billing/addFeature.ts'
import { adjustSubscription, cancelScheduledAdjustment, dueForChange } from '../billing/adjust.ts'
import { cancelSubscription, resumeSubscription } from '../billing/cancelSubscription.ts'
import { paymentMethodOf } from '../billing/collect.ts'
import { currentPeriod } from '../billing/periods.ts'
import { planAdjustment } from '../billing/planAdjustment.ts'
import { subscribeCustomer } from '../billing/subscribe.ts'
import type { Subscription } from '../database/records/subscriptions.ts'
import type { Platform } from '../platform/Platform.ts'
import { rejected, rejectedPanic, rejectedResult } from '../platform/problems.ts'
import { lastEpochMs, maxIntervals, metadata } from '../rules/bounds.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import type { Route } from './route.ts'
import { presentFeatureItem, presentSubscription } from './subscriptionDetails.ts'
import { subscriptionItemInput } from './subscriptionItemInput.ts'

const newSubscriptionItems = z.array(subscriptionItemInput)
const timing = <T extends string>(value: T) =>
  z.object({
    timing: z.literal(value),
    newSubscriptionItems,
    prorateCurrentBillingPeriod: z.boolean().default(true),
  })

const adjustInput = z.object({
  adjustment: z.discriminatedUnion('timing', [
    timing('immediately'),
    z.object({ timing: z.literal('at_end_of_current_billing_period'), newSubscriptionItems }),
    timing('auto'),
  ]),
})

const cancelInput = z.object({
  cancellation: z.discriminatedUnion('timing', [
    z.object({ timing: z.literal('immediately') }),
    z.object({ timing: z.literal('at_end_of_current_billing_period') }),
  ]),
})

const addFeatureInput = z
  .object({
    featureId: z.string().optional(),
    featureSlug: z.string().optional(),
    grantCreditsImmediately: z.boolean().default(false),
  })
  .refine(({ featureId, featureSlug }) => Boolean(featureId) !== Boolean(featureSlug), {
    error: 'Either featureId or featureSlug must be provided, but not both',
  })

const createInput = z
  .object({
    customerId: z.string().optional(),
    customerExternalId: z.string().optional(),
    priceId: z.string().optional(),
    priceSlug: z.string().optional(),
    // The platform accepts any number here, even one that it can't store (see `rejectUnusable`).
    quantity: z.number().default(1),
    interval: z.enum(['day', 'week', 'month', 'year']).optional(),
    intervalCount: z.number().max(maxIntervals).optional(),
    // As on the platform, every start date is rejected, because JSON has no date type.
    startDate: z.date().optional(),
    trialEnd: z.number().max(lastEpochMs).optional(),
    metadata: metadata.optional(),
    name: z.string().optional(),
    defaultPaymentMethodId: z.string().optional(),
    backupPaymentMethodId: z.string().optional(),
    doNotCharge: z.boolean().default(false),
  })
  .superRefine((input, context) => {
    const reject = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (Boolean(input.customerId) === Boolean(input.customerExternalId))
      reject('customerId', 'Either customerId or customerExternalId must be provided, but not both')
    if (Boolean(input.priceId) === Boolean(input.priceSlug))
      reject('priceId', 'Either priceId or priceSlug must be provided, but not both')
    if (input.doNotCharge && (input.defaultPaymentMethodId || input.backupPaymentMethodId))
      reject(
        'doNotCharge',
        'Payment methods cannot be provided when doNotCharge is true. Payment methods are not needed since no charges will be made.',
      )
  })

function findSubscription({ db }: Platform, id: string): Subscription {
  const subscription = db.subscriptions.find(id)
  if (!subscription) throw rejectedResult('NotFoundError', `No subscriptions found with id: ${id}`)
  return subscription
}

type Adjust = z.output<typeof adjustInput>

const asAdjustment = ({ adjustment }: Adjust) => ({
  timing: adjustment.timing,
  items: adjustment.newSubscriptionItems,
  prorate: 'prorateCurrentBillingPeriod' in adjustment && adjustment.prorateCurrentBillingPeriod,
})

export function subscriptionRoutes(route: Route): void {
  route('POST', '/subscriptions', { body: createInput }, ({ platform, now, body }) => ({
    subscription: presentSubscription(subscribeCustomer(platform, now, body)),
  }))

  route(
    'GET',
    '/subscriptions',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.db.subscriptions,
        query,
        presentSubscription,
      ) satisfies PageOf<Flowglad.SubscriptionListResponse>,
  )

  route('GET', '/subscriptions/:id', {}, ({ platform, params }) => {
    const subscription = platform.db.subscriptions.find(params.id ?? '')
    if (!subscription) throw rejectedPanic('NotFoundError', `No subscriptions found with id: ${params.id}`)
    return {
      subscription: presentSubscription(subscription),
    } satisfies Flowglad.SubscriptionRetrieveResponse
  })

  route(
    'POST',
    '/subscriptions/:id/adjust',
    { body: adjustInput },
    ({ platform, now, params, body, failAfterCommit }) => {
      const outcome = adjustSubscription(platform, now, params.id ?? '', asAdjustment(body))
      // The failed payment must be committed, so the error is thrown after the transaction.
      if (!outcome.paid) return failAfterCommit(rejected('Billing run failed with status: FAILED'))
      return {
        subscription: presentSubscription(outcome.subscription),
        subscriptionItems: outcome.items,
        resolvedTiming: outcome.timing,
        isUpgrade: outcome.isUpgrade,
      } satisfies Flowglad.SubscriptionAdjustResponse
    },
  )

  route(
    'POST',
    '/subscriptions/:id/preview-adjust',
    { body: adjustInput },
    ({ platform, now, params, body }) => {
      const plan = planAdjustment(platform, now, params.id ?? '', asAdjustment(body))
      if (!plan.canAdjust) return { canAdjust: false, previewGeneratedAt: now, reason: plan.reason }
      const method = paymentMethodOf(platform, plan.subscription)
      return {
        canAdjust: true,
        previewGeneratedAt: now,
        prorationAmount: dueForChange(platform, now, plan),
        currentPlanTotal: plan.currentTotal,
        newPlanTotal: plan.newTotal,
        resolvedTiming: plan.timing,
        effectiveDate: plan.effectiveAt,
        isUpgrade: plan.isUpgrade,
        percentThroughBillingPeriod: plan.elapsed,
        billingPeriodEnd: currentPeriod(platform, plan.subscription.id).endDate,
        paymentMethod: method && {
          id: method.id,
          type: method.type,
          last4: method.paymentMethodData.last4,
          brand: method.paymentMethodData.brand,
        },
        currentSubscriptionItems: plan.currentItems.map(({ name, unitPrice, quantity, priceId }) => ({
          name: name ?? '',
          unitPrice,
          quantity,
          priceId: priceId ?? '',
        })),
        newSubscriptionItems: plan.newItems.map(({ price, name, unitPrice, quantity }) => ({
          name: name ?? '',
          unitPrice,
          quantity,
          priceId: price.id,
        })),
      }
    },
  )

  route('POST', '/subscriptions/:id/cancel', { body: cancelInput }, ({ platform, now, params, body }) => {
    const subscription = findSubscription(platform, params.id ?? '')
    return {
      subscription: presentSubscription(
        cancelSubscription(platform, now, subscription, body.cancellation.timing),
      ),
    } satisfies Flowglad.SubscriptionCancelResponse
  })

  route('POST', '/subscriptions/:id/uncancel', {}, ({ platform, now, params }) => {
    const subscription = findSubscription(platform, params.id ?? '')
    return {
      subscription: presentSubscription(resumeSubscription(platform, now, subscription)),
    } satisfies Flowglad.SubscriptionUncancelResponse
  })

  route(
    'POST',
    '/subscriptions/:id/add-feature',
    { body: addFeatureInput },
    ({ platform, now, params, body }) => ({
      subscriptionItemFeature: presentFeatureItem(platform, addFeature(platform, now, params.id ?? '', body)),
    }),
  )

  route('POST', '/subscriptions/:id/cancel-scheduled-adjustment', {}, ({ platform, now, params }) => {
    const subscription = platform.db.subscriptions.find(params.id ?? '')
    if (!subscription) throw rejected(`Subscription not found: ${params.id}`)
    const undone = cancelScheduledAdjustment(platform, now, subscription)
    return {
      subscription: presentSubscription(undone.subscription),
      canceledItemCount: undone.canceledItemCount,
    }
  })
}
