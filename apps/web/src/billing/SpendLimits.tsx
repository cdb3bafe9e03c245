import { Skeleton, VisuallyHidden } from '@mantine/core'
import type { Budget } from '@metered/billing/client'
import { useState } from 'react'
import { useBudgets } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { type Meter, meters } from '../format/meters.ts'
import billing from './BillingScreen.module.css'
import { RecentAlerts, useSaysEarlierAlerts } from './RecentAlerts.tsx'
import { SpendLimit } from './SpendLimit.tsx'
import classes from './SpendLimits.module.css'

/** Shows the customer's own monthly limits, one row per meter, and lets the customer change them. */
export function SpendLimits() {
  const budgets = useBudgets()
  const { data, refetch } = budgets
  const error = useLastError(budgets)
  useSaysEarlierAlerts()
  const [announcement, setAnnouncement] = useState('')
  return (
    <section className={billing.card} aria-labelledby="spend-limits" aria-busy={!data && error === null}>
      <h2 id="spend-limits" tabIndex={-1} className={classes.heading}>
        Spend limits and alerts
      </h2>
      <p className={billing.dim}>
        Limit what you use in a calendar month, even if you have credits left. Choose whether Studio stops
        requests that would exceed the limit, or only tells you. Stopped requests cost nothing. You also get
        an alert at 80% and 100% of your plan's credits.
      </p>
      {error ? (
        <div className={classes.failed}>
          <FailedSection what="Your spend limits" error={error} onRetry={() => void refetch()} />
        </div>
      ) : (
        <ul className={classes.limits}>
          {meters.map((meter) =>
            data ? (
              <SpendLimit
                key={meter}
                meter={meter}
                budget={data.find((it) => it.meter === meter && isOwnLimit(it))}
                announce={setAnnouncement}
              />
            ) : (
              <li key={meter} className={classes.limit}>
                <Skeleton className={classes.loading} radius="md" />
              </li>
            ),
          )}
        </ul>
      )}
      {/* Wait for the limits, because limits that are taller than their placeholders would move the alerts. */}
      {(data || error) && <RecentAlerts />}
      <VisuallyHidden role="status">{announcement}</VisuallyHidden>
    </section>
  )
}

/** Returns whether the customer can change this limit here. Studio sets only monthly limits on all calls. */
const isOwnLimit = ({ window, source, scope }: Budget<Meter>) =>
  window === 'month' && source === 'customer' && scope === null
