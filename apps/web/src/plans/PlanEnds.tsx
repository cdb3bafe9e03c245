import { forfeitsOf, type PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import { amountOf } from '../format/meters.ts'
import { endOf } from './endOf.ts'

/**
 * Explains when a paid plan ends, which plan follows, and which credits end with the plan.
 */
export function PlanEnds({ plan }: { plan: PlanSummary }) {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const free = offers?.find((offer) => offer.kind === 'plan' && offer.isFree)
  const lost = forfeitsOf({ kind: 'plan', isFree: true }, offers, answer)
    .map(({ meter, amount }) => amountOf(meter, amount))
    .join(' and ')
  return (
    <>
      <p>
        {plan.name} ends {endOf(plan)}
        {free && `, and ${free.name} starts`}. Until then, nothing changes, and you can undo the cancellation.
        The pictures in your gallery stay yours.
      </p>
      {lost !== '' && (
        <p>
          <strong>
            Your pack ends when {plan.name} ends. You have {lost} left in it.
          </strong>{' '}
          Use them before then.
        </p>
      )}
      {plan.changesAt !== null && <p>This replaces your scheduled change.</p>}
    </>
  )
}
