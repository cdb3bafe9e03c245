import { formatTime } from '../format/format.ts'
import { Changes } from './Changes.tsx'
import { DownloadActs } from './DownloadActs.tsx'
import classes from './Operator.module.css'
import { Row, Section, Time } from './Section.tsx'
import { actTitle, type Report } from './words.ts'

/**
 * Lists the newest changes by operators: the operator, the time, the reason, and the values before and after.
 */
export function Acts({ report: { customer, acts } }: { report: Report }) {
  return (
    <Section
      title="Changes by operators"
      empty="No operator has changed this customer's records."
      actions={acts.length > 0 && <DownloadActs customer={customer} />}
    >
      {acts.map((act) => (
        <Row
          key={act.id}
          title={actTitle(act)}
          facts={[
            act.by,
            <Time key="at" at={act.at}>
              {formatTime(act.at)}
            </Time>,
          ]}
        >
          <p className={classes.reason}>“{act.reason}”</p>
          <Changes changes={act.changes} />
        </Row>
      ))}
    </Section>
  )
}
