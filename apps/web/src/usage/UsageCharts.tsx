import '@mantine/charts/styles.layer.css'
import { BarChart } from '@mantine/charts'
import { VisuallyHidden } from '@mantine/core'
import { useReducedMotion } from '@mantine/hooks'
import type { UsageDay } from '@metered/billing/client'
import { formatNumber, formatShort, formatUtcDay } from '../format/format.ts'
import { amountOf, type Meter, meters, titleOf } from '../format/meters.ts'
import classes from './UsageScreen.module.css'

const dayMs = 86_400_000

/**
 * Shows the units used per day, in one chart per meter. On a shared scale, 2,000 tokens would dwarf ten
 * pictures.
 */
export function UsageCharts({ days }: { days: UsageDay<Meter>[] }) {
  const still = useReducedMotion()
  const calendar = lastDays(30)
  const weekly = calendar.filter((_, index) => (calendar.length - 1 - index) % 7 === 0).map(formatUtcDay)
  return (
    <div className={classes.charts}>
      {meters.map((meter, index) => {
        const spent = new Map(days.filter((day) => day.meter === meter).map((day) => [day.day, day.amount]))
        const total = [...spent.values()].reduce((sum, amount) => sum + amount, 0)
        const isLast = index === meters.length - 1
        return (
          <figure key={meter} className={classes.chart}>
            <figcaption>
              <strong className={classes.caption}>{titleOf(meter)}</strong>
              <span className={classes.total}>{amountOf(meter, total)}</span>
            </figcaption>
            <div aria-hidden="true">
              <BarChart
                h={isLast ? 126 : 100}
                data={calendar.map((day) => ({ day: formatUtcDay(day), amount: spent.get(day) ?? 0 }))}
                dataKey="day"
                series={[{ name: 'amount', label: titleOf(meter), color: 'var(--bar)' }]}
                valueFormatter={formatNumber}
                withXAxis={isLast}
                gridAxis="none"
                referenceLines={[{ y: 0, color: 'var(--line)' }]}
                yAxisProps={{
                  width: 60,
                  tickCount: 3,
                  interval: 0,
                  allowDecimals: false,
                  domain: [0, 'auto'],
                  tickFormatter: formatShort,
                  // Without data, there is no scale to show.
                  ...(total === 0 ? { tick: false } : {}),
                }}
                xAxisProps={{ interval: 0, ticks: weekly }}
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
                  {calendar
                    .filter((day) => spent.has(day))
                    .map((day) => (
                      <tr key={day}>
                        <th scope="row">{formatUtcDay(day)}</th>
                        <td>{formatNumber(spent.get(day) ?? 0)}</td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </VisuallyHidden>
          </figure>
        )
      })}
    </div>
  )
}

/** Returns the last `count` UTC days, including today. */
function lastDays(count: number): string[] {
  const today = Date.now()
  return Array.from({ length: count }, (_, index) =>
    new Date(today - (count - 1 - index) * dayMs).toISOString().slice(0, 10),
  )
}
