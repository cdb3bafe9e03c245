import { useState } from 'react'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { ScreenSkeleton } from '../parts/ScreenSkeleton.tsx'
import { type ActToConfirm, OpenAct } from './ActButton.tsx'
import { ActDialog } from './ActDialog.tsx'
import { Acts } from './Acts.tsx'
import { Alerts } from './Alerts.tsx'
import { Audit } from './Audit.tsx'
import { Balances } from './Balances.tsx'
import { Charges } from './Charges.tsx'
import { Denials } from './Denials.tsx'
import { Events } from './Events.tsx'
import { Holds } from './Holds.tsx'
import classes from './Operator.module.css'
import { PlanLine } from './PlanLine.tsx'
import { useCustomer } from './useCustomer.ts'
import type { Customer } from './words.ts'

/** Shows a customer's records, and buttons to change them. */
export function CustomerPage({ customer }: { customer: string }) {
  const query = useCustomer(customer)
  const { data, refetch } = query
  const notLoaded = useLastError(query)
  // The page refetches its data, and a refetch can fail after the first request has succeeded.
  const error = notLoaded ?? query.error
  return (
    <Screen title="Customer">
      <LinkButton to="/operator" search={{}} variant="default" size="xs" className={classes.back}>
        All customers
      </LinkButton>
      {error && (
        <FailedSection
          what={data ? 'The newest data' : 'This customer'}
          error={error}
          onRetry={() => void refetch()}
        />
      )}
      {data === null ? (
        <Notice tone="warning" title="There is no customer with this ID">
          {customer}
        </Notice>
      ) : data ? (
        <Records data={data} />
      ) : (
        !error && <ScreenSkeleton />
      )}
    </Screen>
  )
}

function Records({ data: { id, user, report } }: { data: Customer }) {
  const [opened, setOpened] = useState<ActToConfirm | null>(null)
  return (
    <>
      <dl className={classes.identity}>
        {user && (
          <div>
            <dt>Email</dt>
            <dd>{user.email}</dd>
          </div>
        )}
        {user && (
          <div>
            <dt>Name</dt>
            <dd>{user.name}</dd>
          </div>
        )}
        <div>
          <dt>ID</dt>
          <dd className={classes.code}>{id}</dd>
        </div>
        {report && (
          <div className={classes.plan}>
            <dt>Plan</dt>
            <dd>
              <PlanLine snapshot={report.snapshot} />
            </dd>
          </div>
        )}
      </dl>
      {report ? (
        <>
          <Balances report={report} />
          <OpenAct value={setOpened}>
            <Holds report={report} />
            <Denials report={report} />
            <Alerts report={report} />
            <Events report={report} />
            <Charges report={report} />
          </OpenAct>
          <Acts report={report} />
          <Audit customer={id} />
          {opened && (
            <ActDialog
              customer={id}
              newest={report.acts[0] ?? null}
              {...opened}
              onClose={() => setOpened(null)}
            />
          )}
        </>
      ) : (
        <Notice title="This user hasn't used Studio yet">
          Balances appear after the user's first visit.
        </Notice>
      )}
    </>
  )
}
