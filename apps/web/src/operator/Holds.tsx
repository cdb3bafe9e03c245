import { formatTime } from '../format/format.ts'
import { ActButton } from './ActButton.tsx'
import classes from './Operator.module.css'
import { Row, Section, Time } from './Section.tsx'
import { type Report, unitsText } from './words.ts'

/** Lists the customer's open holds. */
export function Holds({ report }: { report: Report }) {
  return (
    <Section title="Open holds" empty="No work is running.">
      {report.holds.map(({ attempt, procedure, legs, startedAt, expiresAt }) => {
        const units = legs.map(({ meter, amount }) => unitsText(meter, amount)).join(', ')
        return (
          <Row
            key={attempt}
            title={units}
            facts={[
              procedure,
              <Time key="started" at={startedAt}>{`since ${formatTime(startedAt)}`}</Time>,
              <Time key="expires" at={expiresAt}>{`expires ${formatTime(expiresAt)}`}</Time>,
              <span key="attempt" className={classes.code}>
                {attempt}
              </span>,
            ]}
            actions={
              <ActButton
                act={{ type: 'release', attempt }}
                label="Release"
                of={`the hold of ${units}`}
                title="Release this hold?"
                verb="Release hold"
              >
                <p>
                  The {units} return to the customer at once. The work continues. If it succeeds, the customer
                  is charged.
                </p>
              </ActButton>
            }
          />
        )
      })}
    </Section>
  )
}
