import type { PlanChange } from '@metered/billing/client'
import { usePlan, useStatement } from '../api/billing.ts'
import { formatDay, formatNumber } from '../format/format.ts'
import { amountOf } from '../format/meters.ts'
import { chargedText } from '../format/payments.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { Notice } from '../parts/Notice.tsx'
import { reveal } from '../parts/reveal.ts'
import { Renewal } from './Renewal.tsx'

/** A plan change that the customer confirmed. */
export interface ConfirmedChange {
  priceSlug: string
  /** The response, or null if the request failed. The server can make the change even if the response is lost. */
  made: PlanChange | null
}

/** Shows what a plan change charged and granted. Shows nothing for a scheduled change, because it has its own notice. */
export function Changed({ change, onClose }: { change: ConfirmedChange; onClose: () => void }) {
  const { data: statement } = useStatement()
  const { data: current } = usePlan()
  const { priceSlug, made } = change
  // Without a response, only the balances show whether the server made the change.
  const plan = made ? made.plan : current?.priceSlug === priceSlug ? current : null
  if (plan === null || plan.changesAt !== null || plan.cancelsAt !== null) return null
  return (
    // On a phone, the button that the customer pressed is far below this notice, so scroll to it.
    <div ref={reveal}>
      <Notice
        title={`You're on ${plan.name}`}
        onClose={onClose}
        actions={
          <LinkButton to="/billing" size="sm" variant="default">
            View payment
          </LinkButton>
        }
      >
        {chargedText(made?.charged) ?? 'Your payments are on the Billing screen.'}
        {statement?.prorated.map(
          ({ meter, granted, regular }) =>
            ` You have ${amountOf(meter, granted)} for this period (prorated)${
              plan.renewsAt === null ? '' : `, then ${formatNumber(regular)} from ${formatDay(plan.renewsAt)}`
            }.`,
        )}
        <Renewal />
      </Notice>
    </div>
  )
}
