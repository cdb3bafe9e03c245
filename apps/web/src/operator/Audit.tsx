import { useMutation } from '@tanstack/react-query'
import { trpc } from '../api/trpc.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import section from '../parts/Section.module.css'
import { actProblem } from './actProblem.ts'
import classes from './Operator.module.css'

/** Compares the customer's counters with the ledger's rows, and lists the differences. */
export function Audit({ customer }: { customer: string }) {
  const { client } = trpc.useUtils()
  const audit = useMutation({ mutationFn: () => client.operator.audit.query({ customer }) })
  return (
    <section className={section.section} aria-labelledby="audit">
      <div className={section.head}>
        <h2 id="audit">Audit</h2>
        <BusyButton variant="default" size="xs" busy={audit.isPending} onClick={() => audit.mutate()}>
          {audit.isPending ? 'Checking…' : 'Check the counters'}
        </BusyButton>
      </div>
      {audit.isError ? (
        <Notice tone="critical" role="alert" title={actProblem(audit.error).title} />
      ) : audit.data === undefined ? (
        <p className={classes.note}>
          Compares this customer's counters with the holds, events and daily totals in the ledger.
        </p>
      ) : audit.data.length === 0 ? (
        <Notice title="No problems found" />
      ) : (
        <Notice tone="critical" role="alert" title="The counters are wrong">
          <ul>
            {audit.data.map(({ problem }) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Notice>
      )}
    </section>
  )
}
