import type { PlanSummary } from '@metered/billing/client'
import { endOf } from './endOf.ts'
import { useEndOfPlan } from './useEndOfPlan.ts'

/** Explains when a paid plan ends, which plan follows, and which credits end with the plan. */
export function PlanEnds({ plan }: { plan: PlanSummary }) {
  const { follower, lost } = useEndOfPlan()
  return (
    <>
      <p>
        {plan.name} ends {endOf(plan)}
        {follower && `, and ${follower} starts`}. Until then, nothing changes, and you can undo the
        cancellation. The pictures in your gallery stay yours.
      </p>
      {lost && (
        <p>
          <strong>
            When {plan.name} ends, you lose {lost}.
          </strong>{' '}
          Use these credits before then.
        </p>
      )}
      {plan.changesAt !== null && <p>This replaces your scheduled change.</p>}
    </>
  )
}
