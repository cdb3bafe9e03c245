import { z } from 'zod'
import type { Customer } from '../contract/customer.ts'
import type { BillingRoutesOptions } from '../fastify/billingRoutesOptions.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import { maxAmount } from '../metering/cost.ts'
import { RefusedAction } from './refusedAction.ts'

const usageEvent = z.object({
  usageMeterSlug: z.string().optional(),
  usageMeterId: z.string().optional(),
  priceSlug: z.string().optional(),
  priceId: z.string().optional(),
  amount: z.number().int().min(1).max(maxAmount).default(1),
  subscriptionId: z.string().optional(),
  transactionId: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
})
type Wanted = z.infer<typeof usageEvent>

/**
 * Usage that a browser reports, through the ledger like all other. Only meters marked `recordableByClient`, only the customer's current subscription, only the
 * meter's own price: a browser could choose the free one. Its transaction id names the operation, it never becomes Flowglad's: there the first event under an
 * id wins over all customers, and a second one is silently dropped.
 */
export async function recordUsage(
  { internals }: Pick<BillingRoutesOptions['billing'], 'internals'>,
  catalog: Catalog,
  customer: Customer,
  body: unknown,
) {
  const wanted = usageEvent.parse(body)
  const { meter, priceId, usageMeterId } = meterOf(wanted, catalog, internals.meters)
  if (!internals.meters[meter]?.recordableByClient) {
    throw new RefusedAction(403, `Usage of ${meter} is recorded on the server only`)
  }
  if (wanted.subscriptionId !== undefined) {
    await internals.accounts.balances(customer)
    const { snapshot } = await internals.ledger.balances(customer.id)
    if (snapshot?.subscription?.id !== wanted.subscriptionId) {
      throw new RefusedAction(403, 'That is not your current subscription')
    }
  }
  const { amount, transactionId } = wanted
  return internals.runMetered(
    {
      customer,
      meter,
      amount,
      // Scoped to the meter, as Flowglad's own transaction ids are.
      name: `record.${meter}`,
      ...(transactionId === undefined ? {} : { key: transactionId }),
    },
    ({ attempt, subscription }) => ({
      id: attempt,
      transactionId: transactionId ?? attempt,
      amount,
      subscriptionId: subscription,
      usageMeterId,
      priceId,
      usageDate: internals.clock.now(),
    }),
  )
}

function meterOf(
  wanted: Wanted,
  catalog: Catalog,
  meters: BillingRoutesOptions['billing']['internals']['meters'],
) {
  const { usageMeterSlug, usageMeterId, priceSlug, priceId } = wanted
  const named = [usageMeterSlug, usageMeterId, priceSlug, priceId].filter((name) => name !== undefined)
  if (named.length !== 1) {
    throw new RefusedAction(400, 'Name exactly one of usageMeterSlug, usageMeterId, priceSlug and priceId')
  }
  for (const [slug, { id, prices, defaultPriceId }] of catalog.meters) {
    const policy = Object.hasOwn(meters, slug) ? meters[slug] : undefined
    if (!policy) continue
    const own = policy.priceSlug === undefined ? defaultPriceId : (prices.get(policy.priceSlug) ?? null)
    if (slug === usageMeterSlug || id === usageMeterId) return { meter: slug, usageMeterId: id, priceId: own }
    const asked = priceId ?? (priceSlug === undefined ? undefined : prices.get(priceSlug))
    if (asked === undefined || ![...prices.values()].includes(asked)) continue
    if (asked !== own) throw new RefusedAction(403, `That is not the price that ${slug} is recorded on`)
    return { meter: slug, usageMeterId: id, priceId: own }
  }
  throw new RefusedAction(400, 'There is no such usage meter or price')
}
