import type { Alert, BalancesAnswer } from '@metered/billing/client'
import { useLocation, useRouterState } from '@tanstack/react-router'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useAlerts, useBalances, useBudgets } from '../api/billing.ts'
import type { Meter } from '../format/meters.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import classes from './AlertNotice.module.css'
import { alertDetail, alertTitle } from './alertText.ts'
import { currentAlerts, recentMs } from './currentAlerts.ts'
import { useIsSaid } from './said.tsx'
import { useTold } from './told.ts'

/**
 * Shows each recent alert once in this browser, unless another part of the screen already shows it. The notice covers
 * the end of the page, so that nothing moves.
 */
export function AlertNotice({ customer }: { customer: string }) {
  const { data } = useBalances()
  // Most customers have no recent alert, so most pages don't need to load the alerts.
  return data && data.lastAlertAt > Date.now() - recentMs ? (
    <RecentAlerts customer={customer} answer={data} />
  ) : null
}

interface RecentAlertsProps {
  customer: string
  answer: BalancesAnswer<Meter>
}

function RecentAlerts({ customer, answer: { balances, plan } }: RecentAlertsProps) {
  const { data: alerts = [] } = useAlerts()
  const { data: budgets } = useBudgets()
  // Wait for the screen to load. Before that, its parts haven't registered the alerts that they show.
  const hasScreen = useRouterState({ select: ({ status }) => status === 'idle' })
  const isVisible = useSyncExternalStore(onVisibility, isTabVisible) && hasScreen
  const isSaid = useIsSaid()
  const { told, tell } = useTold(customer)
  // The alerts that this tab has shown, until the customer dismisses them.
  const [open, setOpen] = useState<string[]>([])
  const current = currentAlerts(alerts, { budgets, balances, now: Date.now() })
  const alert = current.find((it) => !isSaid(it) && (open.includes(it.id) || !told.has(it.id)))
  const shown = alert && (isVisible || open.includes(alert.id)) ? alert : undefined
  const saidIds = current.filter(isSaid).map(({ id }) => id)

  useEffect(() => {
    const isNew = shown && !open.includes(shown.id)
    if (isNew || open.some((id) => saidIds.includes(id)))
      setOpen([...open.filter((id) => !saidIds.includes(id)), ...(isNew ? [shown.id] : [])])
    if (isVisible) tell([...open, ...saidIds])
  })

  if (!shown) return null
  return (
    <section className={classes.place} aria-label="Alert" data-alert-notice>
      <div className={classes.notice}>
        <Notice
          key={shown.id}
          tone="warning"
          title={`${alertTitle(shown)}.`}
          actions={<Action alert={shown} />}
          onClose={() => setOpen(open.filter((id) => id !== shown.id))}
        >
          {alertDetail(shown, { row: balances.find(({ meter }) => meter === shown.meter), plan })}
        </Notice>
      </div>
    </section>
  )
}

const isTabVisible = () => document.visibilityState === 'visible'

function onVisibility(listener: () => void) {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

function Action({ alert }: { alert: Alert<Meter> }) {
  const { pathname } = useLocation()
  if (alert.budget)
    return (
      <LinkButton to="/billing" hash="spend-limits" size="xs" variant="default">
        Change your spend limits
      </LinkButton>
    )
  return pathname === '/pricing' ? null : (
    <LinkButton to="/pricing" size="xs" variant="default">
      View plans
    </LinkButton>
  )
}
