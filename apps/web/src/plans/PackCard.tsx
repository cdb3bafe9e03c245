import type { PlanSummary } from '@metered/billing/client'
import { useBalances } from '../api/billing.ts'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { formatDay } from '../format/format.ts'
import { unitsOf } from '../format/meters.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { benefitsOf } from './benefitsOf.ts'
import { OrderButton } from './OrderButton.tsx'
import { isOverdue, isUnknown, isUnpaid, type Offer, uselessFor } from './offers.ts'
import classes from './PlansScreen.module.css'
import { canPayNow } from './pastDueText.ts'
import { shortPriceOf } from './priceOf.ts'
import { useResult } from './purchaseResult.tsx'

/** Offers a pack: a one-time purchase in addition to a plan. */
export function PackCard({ pack, isAway }: { pack: Offer; isAway: boolean }) {
  const { data: answer } = useBalances()
  const benefits = benefitsOf(pack).join(' and ')
  const plan = answer?.plan
  const useless = uselessFor(pack, answer) !== null
  return (
    <article className={classes.pack} aria-label={pack.name} data-testid={`plan-${pack.priceSlug}`}>
      <div className={classes.packText}>
        <h2>{pack.name}</h2>
        <p>
          {benefits} for {shortPriceOf(pack)}, paid once.
          {!useless &&
            ` Packs are used after your plan's credits and don't renew.${isUnpaid(plan) ? '' : ` ${endOfPack(plan)} You choose the card at checkout.`}`}
        </p>
      </div>
      <Action pack={pack} benefits={benefits} isAway={isAway} />
    </article>
  )
}

function endOfPack(plan: PlanSummary | null | undefined): string {
  if (plan == null) return 'Pack credits end if you upgrade from Free or cancel your plan.'
  if (plan.cancelsAt !== null) return `Pack credits end with ${plan.name} on ${formatDay(plan.cancelsAt)}.`
  return plan.isFree
    ? 'Pack credits end if you upgrade.'
    : `Pack credits end with ${plan.name} if you cancel it.`
}

function Action({ pack, benefits, isAway }: { pack: Offer; benefits: string; isAway: boolean }) {
  const user = useUser()
  const { data: answer } = useBalances()
  const result = useResult()
  if (user === null)
    return (
      <LinkButton to="/sign-up" search={{ next: '/pricing' }} variant="default">
        Sign up to buy · {shortPriceOf(pack)}
      </LinkButton>
    )
  if (awaitsVerification(user)) return <p>Confirm your email address first.</p>
  if (answer?.plan === null && !isUnknown(answer)) return <p>Choose a plan first.</p>
  if (isOverdue(answer?.plan)) return <p>Pay for your plan first. Until then, you can't use a pack.</p>
  if (answer?.plan && isUnpaid(answer.plan)) {
    const { name } = answer.plan
    const pay = canPayNow(answer.plan) ? `Pay for ${name} first.` : `Keep ${name} and pay for it first.`
    return (
      <p>
        {pay} If you don't pay, pack credits will end with {name}.
      </p>
    )
  }
  const useless = uselessFor(pack, answer)
  if (useless !== null)
    return (
      <p>
        {answer?.plan?.name} already includes unlimited {useless.map(unitsOf).join(' and ')}.
      </p>
    )
  if (result === 'arriving') return <p>We're confirming your payment.</p>
  if (isAway) return <p>Not available right now.</p>
  return (
    <OrderButton offer={pack} variant="default">
      Buy {benefits} · {shortPriceOf(pack)}
    </OrderButton>
  )
}
