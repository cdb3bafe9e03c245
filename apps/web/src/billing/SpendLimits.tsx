import { Skeleton, VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import { useBudgets } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { meters } from '../format/meters.ts'
import billing from './BillingScreen.module.css'
import { SpendLimit } from './SpendLimit.tsx'
import classes from './SpendLimits.module.css'

/** Shows the customer's own monthly limits, one row per meter, and lets the customer change them. */
export function SpendLimits() {
  const budgets = useBudgets()
  const { data, refetch } = budgets
  const error = useLastError(budgets)
  const [announcement, setAnnouncement] = useState('')
  return (
    <section className={billing.card} aria-labelledby="spend-limits" aria-busy={!data && error === null}>
      <h2 id="spend-limits" tabIndex={-1} className={classes.heading}>
        Spend limits
      </h2>
      <p className={billing.dim}>
        Limit what you use in a calendar month. Studio stops a request that would exceed a limit, and doesn't
        charge for it, even if you have credits left.
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
                // Studio sets only monthly limits.
                budget={data.find((it) => it.meter === meter && it.window === 'month')}
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
      <VisuallyHidden role="status">{announcement}</VisuallyHidden>
    </section>
  )
}
