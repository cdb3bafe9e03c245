import '@mantine/charts/styles.layer.css'
import { BarChart } from '@mantine/charts'
import { VisuallyHidden } from '@mantine/core'
import { useReducedMotion } from '@mantine/hooks'
import type { UsageByValue, UsageDay } from '@metered/billing/client'
import { formatNumber, formatShort, formatUtcDay } from '../format/format.ts'
import { amountOf, type Meter, meters, titleOf } from '../format/meters.ts'
import { kindsOf } from './kindsOf.ts'
import { UsageKinds } from './UsageKinds.tsx'
import classes from './UsageScreen.module.css'
import { type MeterUsage, usageOf } from './usagePeriods.ts'

interface UsageChartsProps {
  usage: UsageDay<Meter>[]
  /** The usage by kind, or undefined if it couldn't be loaded. */
  byKind: UsageByValue<Meter>[] | undefined
  /** The number of days to show. */
  length: number
}

/**
 * Shows the units used per day and by kind. Each meter has its own chart, because 2,000 tokens would dwarf ten pictures
 * on a shared scale. A meter without usage has no chart.
 */
export function UsageCharts({ usage, byKind = [], length }: UsageChartsProps) {
  const now = Date.now()
  const rows = meters.map((meter) => {
    const inPeriod = usageOf(usage, { meter, length, now })
    return { meter, ...inPeriod, kinds: kindsOf(byKind, { meter, days: inPeriod.days }) }
  })
  const last = rows.findLast(({ total }) => total > 0)
  const hasKinds = rows.some(({ kinds }) => kinds !== null)
  return (
    <div className={classes.charts}>
      {rows.map((row) => (
        <figure key={row.meter} className={classes.chart}>
          <figcaption>
            <strong>{titleOf(row.meter)}</strong>
            <span className={classes.total}>
              {amountOf(row.meter, row.total)}
              <span className={classes.before}>
                {' '}
                {row.totalBefore === 0 ? 'None' : formatNumber(row.totalBefore)} in the previous {length} days
              </span>
            </span>
          </figcaption>
          {row.total > 0 && (
            // The charts are equally wide, so that their days line up.
            <div className={hasKinds ? classes.chartAndKinds : undefined}>
              <Chart {...row} hasDays={row.meter === last?.meter} />
              {row.kinds && <UsageKinds meter={row.meter} kinds={row.kinds} />}
            </div>
          )}
        </figure>
      ))}
    </div>
  )
}

interface ChartProps extends MeterUsage {
  meter: Meter
  /** Whether to show the days below the bars. */
  hasDays: boolean
}

function Chart({ meter, days, hasDays }: ChartProps) {
  const still = useReducedMotion()
  const step = Math.ceil(days.length / 5)
  const ticks = days.filter((_, index) => (days.length - 1 - index) % step === 0)
  return (
    <div>
      <div aria-hidden="true">
        <BarChart
          h={hasDays ? 126 : 100}
          data={days.map(({ day, amount }) => ({ day: formatUtcDay(day), amount }))}
          dataKey="day"
          series={[{ name: 'amount', label: titleOf(meter), color: 'var(--bar)' }]}
          valueFormatter={formatNumber}
          tooltipProps={{ labelFormatter: (day) => `${day} (UTC)` }}
          withXAxis={hasDays}
          gridAxis="none"
          referenceLines={[{ y: 0, color: 'var(--line)' }]}
          yAxisProps={{
            width: 60,
            tickCount: 3,
            interval: 0,
            allowDecimals: false,
            domain: [0, 'auto'],
            tickFormatter: formatShort,
          }}
          xAxisProps={{
            interval: 'preserveEnd',
            minTickGap: 12,
            ticks: ticks.map(({ day }) => formatUtcDay(day)),
          }}
          barProps={{ radius: [3, 3, 0, 0], isAnimationActive: !still }}
          // The margins leave room for the last day's label and the 0 label, which extend beyond the axes.
          barChartProps={{
            syncId: 'usage',
            accessibilityLayer: false,
            margin: { top: 12, right: 16, bottom: 8 },
          }}
          maxBarWidth={18}
          tabIndex={-1}
        />
      </div>
      <VisuallyHidden>
        <table>
          <caption>{titleOf(meter)} by UTC day</caption>
          <tbody>
            {days
              .filter(({ amount }) => amount > 0)
              .map(({ day, amount }) => (
                <tr key={day}>
                  <th scope="row">{formatUtcDay(day)}</th>
                  <td>{formatNumber(amount)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </div>
  )
}
