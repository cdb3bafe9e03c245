import type { DenialCode } from '@metered/billing/client'
import { formatTime, plural } from '../format/format.ts'
import { Row, Section, Time } from './Section.tsx'
import { meterTitle, type Report, unitsText } from './words.ts'

type Denied = Report['denials'][number]

const reasons: Record<DenialCode, string> = {
  INSUFFICIENT_CREDITS: 'Not enough credits',
  PAYMENT_OVERDUE: 'The payment is overdue',
  BUDGET_EXCEEDED: 'The call would have exceeded a spend limit',
  NO_SUBSCRIPTION: 'No active plan',
  CUSTOMER_ARCHIVED: 'Flowglad has archived the customer',
  STREAM_REPLACED: 'Too many open pages',
  FEATURE_NOT_INCLUDED: "The plan doesn't include this feature",
  IN_PROGRESS: 'The same call was still running',
  KEY_REUSED: 'The idempotency key belonged to another call',
  ALREADY_COMPLETED: 'The same call had already succeeded, and its result is no longer stored',
  KEY_INVALID: 'The idempotency key was invalid',
  KEY_REQUIRED: 'The call had no idempotency key',
  FOREIGN_ORIGIN: 'A page on another site made the call',
  PREFETCH: 'The browser loaded a page in advance',
  BILLING_UNAVAILABLE: "Billing couldn't be reached",
}

/** Lists the customer's denied calls in the last day, with the reasons. */
export function Denials({ report }: { report: Report }) {
  return (
    <Section title="Denied calls in the last day" empty="No calls were denied in the last day.">
      {report.denials.map((denied) => (
        <Row
          key={`${denied.firstAt} ${denied.procedure} ${denied.code} ${denied.meter} ${denied.feature}`}
          title={reasonOf(denied)}
          facts={[
            denied.procedure,
            plural(denied.count, 'call', 'calls'),
            <Time key="last" at={denied.lastAt}>{`last ${formatTime(denied.lastAt)}`}</Time>,
          ]}
        />
      ))}
    </Section>
  )
}

/** Returns whether this release knows the code. A newer release can write other codes. */
const hasReason = (code: string): code is DenialCode => Object.hasOwn(reasons, code)

function reasonOf({ code, meter, feature, required, available }: Denied): string {
  const reason = hasReason(code) ? reasons[code] : code
  if (feature !== null) return `${reason}: ${feature}`
  if (meter === null) return reason
  if (required === null || available === null) return `${reason}: ${meterTitle(meter)}`
  return `${reason}: needed ${unitsText(meter, required)}, had ${unitsText(meter, available)}`
}
