import type { PlanSummary } from '@metered/billing/client'
import { useBalances, usePlans } from '../api/billing.ts'
import { amountOf } from '../format/meters.ts'
import { endOf } from './endOf.ts'
import { packCredits } from './offers.ts'

/** What giving a paid plan up means, before it is done: when it ends, what follows, and what ends with it. */
export function PlanEnds({ plan }: { plan: PlanSummary }) {
  const { data: answer } = useBalances()
  const { data: offers } = usePlans()
  const free = offers?.find((offer) => offer.kind === 'plan' && offer.isFree)
  const lost = packCredits(offers, answer)
    .map(({ meter, amount }) => amountOf(meter, amount))
    .join(' and ')
  return (
    <>
      <p>
        {plan.name} ends {endOf(plan)}
        {free && `, and ${free.name} begins`}. Until then everything stays as it is, and you can take it back.
        Your pictures stay yours.
      </p>
      {lost !== '' && (
        <p>
          <strong>
            Credits bought in a pack end with {plan.name}: you have {lost} left.
          </strong>{' '}
          Use them up before then.
        </p>
      )}
      {plan.changesAt !== null && <p>This takes the place of the change that is scheduled.</p>}
    </>
  )
}
