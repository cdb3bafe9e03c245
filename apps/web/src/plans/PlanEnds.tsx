import type { PlanSummary } from '@metered/billing/client'
import { usePlans, useStatement } from '../api/billing.ts'
import { lossText } from './benefitsOf.ts'
import { endOf } from './endOf.ts'
import { currentOffer, freeOffer, isOverdue } from './offers.ts'
import { unbilledText } from './overage.ts'
import { cancelOverdueText } from './pastDueText.ts'
import { useEndOfPlan } from './useEndOfPlan.ts'

/** Explains when a paid plan ends, which plan follows, and which credits end with the plan. */
export function PlanEnds({ plan }: { plan: PlanSummary }) {
  const { data: statement } = useStatement()
  const { data: offers } = usePlans()
  const { follower, lost, keeper } = useEndOfPlan(statement)
  const unpaid = cancelOverdueText(plan, statement, plan.renewsAt, lost)
  const offer = currentOffer(offers, plan)
  const free = freeOffer(offers)
  const loss = offer && free ? lossText(offer, free) : null
  const unbilled = unbilledText(statement, plan.name)
  return (
    <>
      <p>
        {plan.name} ends {endOf(plan)}
        {follower && `, and ${follower} starts`}. Until then, {unpaid === null && 'nothing will change, and '}
        you can undo the cancellation. The pictures in your gallery will stay yours.
      </p>
      {loss && <p>{loss}</p>}
      {unpaid && <p>{unpaid}</p>}
      {/* In the grace period, the text about the unpaid plan already says how long these credits last. */}
      {lost && plan.pastDue?.state !== 'grace' && (
        <p>
          <strong>
            When {plan.name} ends, you'll lose {lost}.
          </strong>{' '}
          {keeper
            ? `To keep the credits from packs, downgrade to ${keeper} instead.`
            : unpaid === null && 'Use these credits before then.'}
        </p>
      )}
      {/* While a payment is overdue, the balances don't contain the packs' credits, so this text names no amounts. */}
      {isOverdue(plan) && <p>If you have bought packs, their credits will end with {plan.name} too.</p>}
      {unbilled && <p>{unbilled}</p>}
      {plan.changesAt !== null && <p>The cancellation will replace your scheduled change.</p>}
    </>
  )
}
