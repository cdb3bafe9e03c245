import { Skeleton } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { SignedIn } from '../account/SignedIn.tsx'
import { useBalances, useUsage } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { meters } from '../format/meters.ts'
import { Screen } from '../parts/Screen.tsx'
import { NextInvoice } from '../plans/NextInvoice.tsx'
import { ChargesTable } from './ChargesTable.tsx'
import { MeterCard } from './MeterCard.tsx'
import classes from './UsageScreen.module.css'

const UsageCharts = lazy(async () => ({ default: (await import('./UsageCharts.tsx')).UsageCharts }))

export function UsageScreen() {
  return (
    <SignedIn>
      {() => (
        <Screen title="Usage" lead="See how much you used, when and for what.">
          <Meters />
          <div className={classes.invoice}>
            <NextInvoice />
          </div>
          <Days />
          <ChargesTable />
        </Screen>
      )}
    </SignedIn>
  )
}

function Meters() {
  const { data, error, refetch } = useBalances()
  if (error && !data)
    return <FailedSection what="Your balances" error={error} onRetry={() => void refetch()} />
  return (
    <section className={classes.meters} aria-label="This period" aria-busy={!data}>
      {meters.map((meter) => {
        const row = data?.balances.find((it) => it.meter === meter)
        if (row) return <MeterCard key={meter} row={row} />
        return data ? null : <Skeleton key={meter} className={classes.card} radius="lg" />
      })}
    </section>
  )
}

function Days() {
  const { data, error, refetch } = useUsage({ days: 30 })
  return (
    <section className={classes.section} aria-labelledby="days">
      <h2 id="days">Last 30 days</h2>
      <p className={classes.note}>Each day starts at midnight UTC. The charges below show your local time.</p>
      {error && !data ? (
        <FailedSection what="The chart" error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Suspense fallback={<Skeleton className={classes.charts} radius="lg" />}>
          <UsageCharts days={data} />
        </Suspense>
      ) : (
        <Skeleton className={classes.charts} radius="lg" />
      )}
    </section>
  )
}
