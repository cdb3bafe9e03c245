import { SegmentedControl, Skeleton } from '@mantine/core'
import { type CSSProperties, useState } from 'react'
import { usePlan, useUsage } from '../api/billing.ts'
import { useUser } from '../api/Session.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { comparedBenefits } from './benefitsOf.ts'
import type { ConfirmedChange } from './Changed.tsx'
import { columnsFor } from './columnsFor.ts'
import { billedText, intervalText } from './interval.ts'
import { currentOffer, type Offer, plansOf } from './offers.ts'
import { PlanCard } from './PlanCard.tsx'
import classes from './PlansScreen.module.css'
import { intervalsOf, plansBilled, savingOf } from './planFamilies.ts'
import { recommendedPlan } from './recommendedPlan.ts'

interface PlanCardsProps {
  /** The plans and packs for sale, or undefined while the offers load. */
  offers: Offer[] | undefined
  isAway: boolean
  onChanged: (change: ConfirmedChange) => void
}

/** Shows the plans side by side, with a switch between billing intervals if there are several. */
export function PlanCards({ offers, isAway, onChanged }: PlanCardsProps) {
  const user = useUser()
  const { data: plan } = usePlan()
  const usage = useUsage({ days: 30 })
  const [chosen, setChosen] = useState<string | null>(null)
  const plans = plansOf(offers ?? [])
  const current = currentOffer(offers, plan)
  const intervals = intervalsOf(plans)
  const own = current && !current.isFree ? (current.interval ?? undefined) : undefined
  const interval = intervals.find((it) => intervalText(it) === chosen) ?? own ?? intervals[0]
  const shown = plansBilled(plans, interval)
  const benefits = comparedBenefits(shown)
  const usageError = useLastError(usage)
  // The recommendation depends on usage, so show no plans until the usage has loaded or its first request has failed. A
  // later request must not hide the plans, because their buttons also show why an order failed.
  const awaitsUsage = usage.isLoading && usage.failureCount === 0 && usageError === null
  const isLoading = offers === undefined || (user !== null && awaitsUsage)
  const recommended = recommendedPlan(shown, current, usage.data ?? [])
  const count = isLoading ? 3 : shown.length
  const columns: CSSProperties & Record<`--${string}`, number> = {
    '--columns': columnsFor(count, 4),
    '--fewer-columns': columnsFor(count, 3),
  }
  return (
    <>
      {intervals.length > 1 && interval && (
        <SegmentedControl
          className={classes.intervals}
          aria-label="Billing interval"
          value={intervalText(interval)}
          onChange={setChosen}
          data={intervals.map((it) => ({ value: intervalText(it), label: billedText(it) }))}
        />
      )}
      <div className={classes.frame}>
        <ul className={classes.plans} style={columns} aria-label="Plans" aria-busy={isLoading}>
          {isLoading
            ? ['one', 'two', 'three'].map((key) => (
                <li key={key}>
                  <Skeleton className={classes.loading} radius="lg" />
                </li>
              ))
            : shown.map((offer, index) => (
                <li key={offer.priceSlug}>
                  <PlanCard
                    offer={offer}
                    benefits={benefits[index] ?? []}
                    saving={savingOf(offer, plans)}
                    why={recommended?.priceSlug === offer.priceSlug ? recommended.why : null}
                    isAway={isAway}
                    onChanged={onChanged}
                  />
                </li>
              ))}
        </ul>
      </div>
    </>
  )
}
