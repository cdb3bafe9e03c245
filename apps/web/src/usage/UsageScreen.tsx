import { SegmentedControl, Skeleton } from '@mantine/core'
import { type CSSProperties, lazy, Suspense, useState } from 'react'
import { SignedIn } from '../account/SignedIn.tsx'
import { useBalances, useUsage } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { meters } from '../format/meters.ts'
import { whenOnline } from '../parts/loadCode.ts'
import { Screen } from '../parts/Screen.tsx'
import section from '../parts/Section.module.css'
import { columnsFor } from '../plans/columnsFor.ts'
import { NextInvoice } from '../plans/NextInvoice.tsx'
import { isUnknown } from '../plans/offers.ts'
import { ChargesTable } from './ChargesTable.tsx'
import { MeterCard } from './MeterCard.tsx'
import classes from './UsageScreen.module.css'
import { daysFor, defaultLength, lengths } from './usagePeriods.ts'
import { useUsageByKind } from './useUsageByKind.ts'

const UsageCharts = lazy(
  whenOnline(async () => ({ default: (await import('./UsageCharts.tsx')).UsageCharts })),
)

export function UsageScreen() {
  return (
    <SignedIn>
      {() => (
        <Screen title="Usage" lead="See how much you used, when and for what.">
          <Meters />
          <NextInvoice className={classes.invoice} />
          <Days />
          <ChargesTable />
        </Screen>
      )}
    </SignedIn>
  )
}

const columns: CSSProperties & Record<`--${string}`, number> = {
  '--columns': columnsFor(meters.length, 4),
  '--fewer-columns': columnsFor(meters.length, 3),
}

function Meters() {
  const balances = useBalances()
  const { data, refetch } = balances
  // The forecasts use the days that the chart loads first, so they need no additional request.
  const usage = useUsage(daysFor(defaultLength))
  const usageError = useLastError(usage)
  // Wait for the usage, because a late forecast would move the content. If the usage fails to load, omit the forecasts.
  const isLoading = !data || (usage.isLoading && usage.failureCount === 0 && !usageError)
  const error = useLastError(balances)
  if (error || (data && isUnknown(data)))
    return <FailedSection what="Your balances" error={error} onRetry={() => void refetch()} />
  return (
    <section className={classes.meters} style={columns} aria-label="This period" aria-busy={isLoading}>
      {meters.map((meter) => {
        if (isLoading) return <Skeleton key={meter} className={classes.cardLoading} radius="lg" />
        const row = data.balances.find((it) => it.meter === meter)
        return row && <MeterCard key={meter} row={row} usage={usage.data} />
      })}
    </section>
  )
}

function Days() {
  const [length, setLength] = useState(defaultLength)
  const usage = useUsage(daysFor(length))
  const byKind = useUsageByKind(length)
  const { data, refetch, isPlaceholderData } = usage
  const error = useLastError(usage)
  return (
    <section className={section.section} aria-labelledby="days">
      <div className={section.head}>
        <h2 id="days">Last {length} days</h2>
        <SegmentedControl
          aria-label="Number of days"
          size="xs"
          classNames={{ label: classes.lengths ?? '' }}
          data={lengths.map((it) => ({ value: String(it), label: `${it} days` }))}
          value={String(length)}
          onChange={(value) => setLength(Number(value))}
        />
      </div>
      {/* Usage is counted by UTC day. The chart and the charges agree only if both are in UTC. */}
      <p className={classes.note}>
        The chart and the charges are in UTC. Dates of renewals and invoices are in your time zone.
      </p>
      {error ? (
        <FailedSection what="The chart" error={error} onRetry={() => void refetch()} />
      ) : data && !isPlaceholderData && !byKind.isLoading ? (
        <Suspense fallback={<Skeleton className={classes.loading} radius="lg" />}>
          <UsageCharts usage={data} byKind={byKind.usage} length={length} />
        </Suspense>
      ) : (
        <Skeleton className={classes.loading} radius="lg" />
      )}
      {!error && byKind.error && (
        <div className={classes.failed}>
          <FailedSection what="The breakdown of your usage" error={byKind.error} onRetry={byKind.retry} />
        </div>
      )}
    </section>
  )
}
