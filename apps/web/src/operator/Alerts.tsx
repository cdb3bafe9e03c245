import { formatPercent, formatTime } from '../format/format.ts'
import { perWindow } from '../format/limits.ts'
import { Row, Section, Time } from './Section.tsx'
import { type Report, unitsText } from './words.ts'

type Raised = Report['alerts'][number]

/** Lists the newest alerts: the limit, the share of it that the customer has reached, and the usage at that time. */
export function Alerts({ report }: { report: Pick<Report, 'alerts'> }) {
  return (
    <Section title="Alerts" empty="This customer hasn't had any alerts.">
      {report.alerts.map((alert) => (
        <Row
          key={alert.id}
          title={titleOf(alert)}
          facts={[
            `${unitsText(alert.meter, alert.used)} used`,
            ...(alert.budget ? [effects[alert.budget.mode]] : []),
            <Time key="at" at={alert.at}>
              {formatTime(alert.at)}
            </Time>,
          ]}
        />
      ))}
    </Section>
  )
}

const effects = { block: 'stops at the limit', notify: 'only tells the customer' } as const

function titleOf({ meter, threshold, limit, budget }: Raised): string {
  const whole = budget
    ? `the limit of ${unitsText(meter, limit)} ${perWindow[budget.window]}`
    : `the plan's ${unitsText(meter, limit)}`
  return `Reached ${formatPercent(threshold)} of ${whole}`
}
