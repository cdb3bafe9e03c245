import { z } from 'zod'
import type { UsableBalances } from '../customer/usableBalances.ts'

const row = z.looseObject({ slug: z.string(), availableBalance: z.number() })
const subscription = z.looseObject({
  id: z.string(),
  experimental: z
    .looseObject({
      usageMeterBalances: z.array(row),
      featureItems: z.array(z.looseObject({ slug: z.string() })).nullish(),
    })
    .nullish(),
})
const billing = z.looseObject({
  currentSubscription: subscription.nullish(),
  currentSubscriptions: z.array(subscription).nullish(),
  pricingModel: z.looseObject({ usageMeters: z.array(z.looseObject({ slug: z.string() })) }),
})

/**
 * Replaces the balances in Flowglad's billing answer with the ledger's balances. Flowglad's own balances
 * ignore undelivered usage and held units. Adds the balance of each meter that has a balance only in the
 * ledger, because `checkUsageBalance` would otherwise return null for it. Removes the features that are
 * withheld until an overdue renewal is paid.
 */
export function withLedgerBalances(
  answer: unknown,
  { balances, withheld }: Pick<UsableBalances, 'balances' | 'withheld'>,
) {
  const parsed = billing.parse(answer)
  const currentId = parsed.currentSubscription?.id ?? null

  const adjust = (raw: z.infer<typeof subscription>) => {
    if (raw.id !== currentId) return raw
    const rows = raw.experimental?.usageMeterBalances ?? []
    const missing = parsed.pricingModel.usageMeters
      .filter(({ slug }) => !rows.some((known) => known.slug === slug))
      .map(({ prices: _, defaultPrice: __, ...meter }) => ({
        ...meter,
        subscriptionId: raw.id,
        availableBalance: 0,
      }))
    const usageMeterBalances = [...rows, ...missing].flatMap((known) => {
      const balance = balances.find(({ meter }) => meter === known.slug)
      if (balance) return [{ ...known, availableBalance: balance.available }]
      return rows.some(({ slug }) => slug === known.slug) ? [known] : []
    })
    const featureItems = raw.experimental?.featureItems?.filter(({ slug }) => !withheld.includes(slug))
    return { ...raw, experimental: { ...raw.experimental, featureItems, usageMeterBalances } }
  }

  return {
    currentId,
    billing: {
      ...parsed,
      currentSubscription: parsed.currentSubscription ? adjust(parsed.currentSubscription) : null,
      currentSubscriptions: parsed.currentSubscriptions?.map(adjust) ?? [],
    },
  }
}
