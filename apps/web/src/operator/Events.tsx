import { formatTime } from '../format/format.ts'
import { ActButton } from './ActButton.tsx'
import classes from './Operator.module.css'
import { Row, Section, Time } from './Section.tsx'
import { type Report, unitsText } from './words.ts'

type Event = Report['events'][number]

const states: Record<Event['state'], string> = {
  waiting: 'waiting for delivery',
  sent: 'being sent',
  parked: 'rejected by Flowglad',
}

/** Lists the usage events that Flowglad hasn't acknowledged. */
export function Events({ report }: { report: Report }) {
  return (
    <Section title="Undelivered events" empty="Flowglad has every usage event of this customer.">
      {report.events.map((event) => (
        <UndeliveredEvent key={`${event.attempt} ${event.meter}`} event={event} />
      ))}
    </Section>
  )
}

function UndeliveredEvent({ event }: { event: Event }) {
  const { attempt, meter, amount, procedure, at, state, reason, retryAt } = event
  const units = unitsText(meter, amount)
  const of = `the event for ${units}`
  return (
    <Row
      title={
        <>
          {units} <span className={classes.state}>{states[state]}</span>
        </>
      }
      facts={[
        procedure,
        <Time key="at" at={at}>
          {formatTime(at)}
        </Time>,
        ...(retryAt === null
          ? []
          : [<Time key="retry" at={retryAt}>{`next try ${formatTime(retryAt)}`}</Time>]),
        <span key="attempt" className={classes.code}>
          {attempt}
        </span>,
      ]}
      actions={
        state === 'parked' && (
          <>
            <ActButton
              act={{ type: 'retry', attempt, meter }}
              label="Retry"
              of={of}
              title="Send this event again?"
              verb="Retry event"
            >
              <p>
                First, fix the cause of the rejection. If you retry the event, the server sends it now instead
                of at the next hourly retry.
              </p>
            </ActButton>
            <ActButton
              act={{ type: 'drop', attempt, meter }}
              label="Drop"
              of={of}
              title="Drop this event?"
              verb="Drop event"
            >
              <p>
                The event is never sent again, so the customer doesn't pay for it. The {units} return to the
                customer. This can't be undone.
              </p>
            </ActButton>
          </>
        )
      }
    >
      {reason !== null && <p className={classes.reason}>Flowglad: {reason}</p>}
    </Row>
  )
}
