import { Button } from '@mantine/core'
import type { Alert } from '@metered/billing/client'
import { useId, useState } from 'react'
import { alertTitle, alertUse } from '../alerts/alertText.ts'
import { withoutRepeats } from '../alerts/currentAlerts.ts'
import { useSays } from '../alerts/said.tsx'
import { useAlerts } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { formatTime } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import billing from './BillingScreen.module.css'
import classes from './SpendLimits.module.css'

/** How many alerts the list shows before the customer expands it. */
const shownAlerts = 3

/**
 * Prevents notices about the alerts that Billing already lists. An alert that arrives while Billing is open still gets
 * a notice.
 */
export function useSaysEarlierAlerts(): void {
  const { data } = useAlerts()
  const [earlier, setEarlier] = useState<string[] | null>(null)
  if (data && earlier === null) setEarlier(data.map(({ id }) => id))
  useSays(earlier?.map((id) => `alert ${id}` as const) ?? [])
}

/** Lists the customer's alerts, newest first. */
export function RecentAlerts() {
  const query = useAlerts()
  const { data, refetch } = query
  const error = useLastError(query)
  const title = useId()
  return (
    <section className={classes.alerts} aria-labelledby={title} aria-busy={!data && error === null}>
      <h3 id={title}>Recent alerts</h3>
      {error ? (
        <div className={classes.failed}>
          <FailedSection what="Your alerts" error={error} onRetry={() => void refetch()} />
        </div>
      ) : data && data.length > 0 ? (
        <Alerts alerts={withoutRepeats(data)} />
      ) : (
        <p className={billing.dim}>{data ? 'No alerts yet.' : 'Loading…'}</p>
      )}
    </section>
  )
}

function Alerts({ alerts }: { alerts: Alert<Meter>[] }) {
  const [isOpen, setOpen] = useState(false)
  const list = useId()
  const hidden = alerts.length - shownAlerts
  return (
    <>
      <ul id={list}>
        {(isOpen ? alerts : alerts.slice(0, shownAlerts)).map((alert) => (
          <li key={alert.id} className={classes.alert}>
            <span>
              {alertTitle(alert)} <span className={classes.when}>({alertUse(alert)})</span>
            </span>
            <time dateTime={new Date(alert.at).toISOString()} className={classes.when}>
              {formatTime(alert.at)}
            </time>
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <Button
          variant="default"
          size="xs"
          aria-expanded={isOpen}
          aria-controls={list}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Show fewer alerts' : `Show ${hidden} older ${hidden === 1 ? 'alert' : 'alerts'}`}
        </Button>
      )}
    </>
  )
}
