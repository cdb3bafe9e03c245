import { z } from 'zod'
import type { Clock } from '../config/clock.ts'
import { maxAmount } from '../contract/amount.ts'
import type { Customer } from '../contract/customer.ts'
import type { Meters } from '../contract/meters.ts'
import type { Accounts } from '../customer/accounts.ts'
import type { CustomerLedger } from '../customer/usableBalances.ts'
import type { Catalog } from '../flowglad/catalog.ts'
import { noChargePriceSlug } from '../ledger/noChargePriceSlug.ts'
import { ActionError } from './actionError.ts'
import { slugOrId } from './slugOrId.ts'

const usageEvent = z.object({
  usageMeterSlug: slugOrId.optional(),
  usageMeterId: slugOrId.optional(),
  priceSlug: slugOrId.optional(),
  priceId: slugOrId.optional(),
  amount: z.number().int().min(1).max(maxAmount).default(1),
  subscriptionId: slugOrId.optional(),
  transactionId: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
})
type UsageEvent = z.infer<typeof usageEvent>

export interface RecordUsageParts {
  meters: Meters
  ledger: Pick<CustomerLedger, 'balances'>
  clock: Clock
  accounts: Pick<Accounts, 'balances'>
  readCatalog: () => Promise<Catalog>
  /** Like `billing.meter`, but accepts any meter slug. */
  meter<T>(
    call: { customer: Customer; meter: string; amount: number; name: string; key?: string },
    work: (run: { attempt: string; subscription: string }) => T,
  ): Promise<T>
}

/**
 * Records usage that a browser reports. Accepts only meters marked `recordableByClient`, the customer's
 * current subscription, and the price at which the app bills the meter. Otherwise, a browser could choose a
 * free price. The browser's transaction ID becomes an idempotency key. The browser's ID is never sent to
 * Flowglad, because Flowglad silently ignores later events with the same transaction ID, even from other
 * customers.
 */
export const createRecordUsage =
  ({ meters, ledger, clock, accounts, readCatalog, meter: runMetered }: RecordUsageParts) =>
  async (customer: Customer, body: unknown) => {
    const catalog = await readCatalog()
    const { amount, transactionId, subscriptionId, ...names } = usageEvent.parse(body)
    const { meter, usageMeterId, priceId, noChargePriceId } = meterOf(names, catalog, meters)
    if (!meters[meter]?.recordableByClient) {
      throw new ActionError(
        403,
        `Only the server can record usage of ${meter}, because the meter isn't marked recordableByClient.`,
      )
    }
    if (subscriptionId !== undefined) {
      // Fetches the snapshot if the ledger has none for this customer.
      await accounts.balances(customer)
      const { snapshot } = await ledger.balances(customer.id)
      if (snapshot?.subscription?.id !== subscriptionId) {
        throw new ActionError(
          403,
          "subscriptionId isn't the ID of your current subscription. Reload the page, then try again.",
        )
      }
    }
    return runMetered(
      {
        customer,
        meter,
        amount,
        // A key is unique per name. The name contains the meter, because a transaction ID at Flowglad is
        // unique per meter.
        name: `record.${meter}`,
        ...(transactionId === undefined ? {} : { key: transactionId }),
      },
      async ({ attempt, subscription }) => {
        const { balances } = await accounts.balances(customer)
        const isUnlimited = balances.some((balance) => balance.meter === meter && balance.unlimited)
        return {
          id: attempt,
          transactionId: transactionId ?? attempt,
          amount,
          subscriptionId: subscription,
          usageMeterId,
          priceId: isUnlimited ? noChargePriceId : priceId,
          usageDate: clock.now(),
        }
      },
    )
  }

type Names = Pick<UsageEvent, 'usageMeterSlug' | 'usageMeterId' | 'priceSlug' | 'priceId'>

function meterOf(
  { usageMeterSlug, usageMeterId, priceSlug, priceId }: Names,
  catalog: Catalog,
  meters: Meters,
) {
  const given = [usageMeterSlug, usageMeterId, priceSlug, priceId].filter((name) => name !== undefined)
  if (given.length !== 1) {
    throw new ActionError(400, 'Send exactly one of usageMeterSlug, usageMeterId, priceSlug and priceId.')
  }
  for (const [slug, { id, prices, defaultPriceId }] of catalog.meters) {
    const policy = Object.hasOwn(meters, slug) ? meters[slug] : undefined
    if (!policy) continue
    const own = policy.priceSlug === undefined ? defaultPriceId : (prices.get(policy.priceSlug) ?? null)
    const found = {
      meter: slug,
      usageMeterId: id,
      priceId: own,
      noChargePriceId: prices.get(noChargePriceSlug(slug)) ?? null,
    }
    if (slug === usageMeterSlug || id === usageMeterId) return found
    const wanted = priceId ?? (priceSlug === undefined ? undefined : prices.get(priceSlug))
    if (wanted === undefined || ![...prices.values()].includes(wanted)) continue
    if (wanted !== own)
      throw new ActionError(
        403,
        `Usage of ${slug} can't be recorded at that price. Send usageMeterSlug instead.`,
      )
    return found
  }
  throw new ActionError(
    400,
    'The app has no such usage meter or price. Send the slug or ID of a meter in defineMeters.',
  )
}
