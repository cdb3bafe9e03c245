import { z } from 'zod'
import type { Balance } from '../ledger/ledger.ts'

const row = z.looseObject({ slug: z.string(), availableBalance: z.number() })
const subscription = z.looseObject({
  id: z.string(),
  experimental: z.looseObject({ usageMeterBalances: z.array(row) }).nullish(),
})
const billing = z.looseObject({
  currentSubscription: subscription.nullish(),
  currentSubscriptions: z.array(subscription).nullish(),
  pricingModel: z.looseObject({ usageMeters: z.array(z.looseObject({ slug: z.string() })) }),
})

/**
 * Flowglad's billing answer with the ledger's balances in the place of Flowglad's, which do not know of usage that is still to be delivered nor of
 * work that is running. A meter without a row gets one: `checkUsageBalance` would be null for it.
 */
export function withLedgerBalances(answer: unknown, balances: Balance[]) {
  const parsed = billing.parse(answer)
  const currentId = parsed.currentSubscription?.id ?? null

  const adjusted = (given: z.infer<typeof subscription>) => {
    if (given.id !== currentId) return given
    const rows = given.experimental?.usageMeterBalances ?? []
    const missing = parsed.pricingModel.usageMeters
      .filter(({ slug }) => !rows.some((known) => known.slug === slug))
      .map(({ prices: _, defaultPrice: __, ...meter }) => ({
        ...meter,
        subscriptionId: given.id,
        availableBalance: 0,
      }))
    const usageMeterBalances = [...rows, ...missing].flatMap((known) => {
      const balance = balances.find(({ meter }) => meter === known.slug)
      if (balance) return [{ ...known, availableBalance: balance.available }]
      return rows.some(({ slug }) => slug === known.slug) ? [known] : []
    })
    return { ...given, experimental: { ...given.experimental, usageMeterBalances } }
  }

  return {
    currentId,
    billing: {
      ...parsed,
      currentSubscription: parsed.currentSubscription ? adjusted(parsed.currentSubscription) : null,
      currentSubscriptions: parsed.currentSubscriptions?.map(adjusted) ?? [],
    },
  }
}
