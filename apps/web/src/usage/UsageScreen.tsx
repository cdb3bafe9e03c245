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
  const error = useLastError(balances)
  if (error || (data && isUnknown(data)))
    return <FailedSection what="Your balances" error={error} onRetry={() => void refetch()} />
  return (
    <section className={classes.meters} style={columns} aria-label="This period" aria-busy={!data}>
      {meters.map((meter) => {
        const row = data?.balances.find((it) => it.meter === meter)
        if (row) return <MeterCard key={meter} row={row} />
        return data ? null : <Skeleton key={meter} className={classes.cardLoading} radius="lg" />
      })}
    </section>
  )
}

const lengths = [7, 30, 90]

function Days() {
  const [length, setLength] = useState(30)
  // Load twice as many days, to compare the period with the previous period.
  const usage = useUsage({ days: 2 * length })
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
      ) : data && !isPlaceholderData ? (
        <Suspense fallback={<Skeleton className={classes.loading} radius="lg" />}>
          <UsageCharts usage={data} length={length} />
        </Suspense>
      ) : (
        <Skeleton className={classes.loading} radius="lg" />
      )}
    </section>
  )
}
