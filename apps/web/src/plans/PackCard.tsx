import { useBalances } from '../api/billing.ts'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { formatMoney } from '../format/format.ts'
import { unitsOf } from '../format/meters.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { benefitsOf } from './benefitsOf.ts'
import { OrderButton } from './OrderButton.tsx'
import { isOverdue, isUnknown, type Offer, uselessFor } from './offers.ts'
import classes from './PlansScreen.module.css'

/** Offers a pack: a one-time purchase in addition to a plan. */
export function PackCard({ pack }: { pack: Offer }) {
  const price = formatMoney(pack.unitPrice, pack.currency)
  return (
    <article className={classes.pack} aria-label={pack.name} data-testid={`plan-${pack.priceSlug}`}>
      <div className={classes.packText}>
        <h2>{pack.name}</h2>
        <p>
          {benefitsOf(pack).join(', ')} for a one-time payment of {price}. They are used after your plan's
          credits and don't renew. They end if you upgrade from Free or cancel your plan.
        </p>
      </div>
      <Action pack={pack} price={price} />
    </article>
  )
}

function Action({ pack, price }: { pack: Offer; price: string }) {
  const user = useUser()
  const { data: answer } = useBalances()
  if (user === null)
    return (
      <LinkButton to="/sign-up" search={{ next: '/pricing' }} variant="default">
        Sign up to buy
      </LinkButton>
    )
  if (awaitsVerification(user)) return <p>Confirm your email address first.</p>
  if (answer?.plan === null && !isUnknown(answer)) return <p>Choose a plan first.</p>
  if (isOverdue(answer?.plan)) return <p>Pay for your plan first. Until then, you can't use a pack.</p>
  const useless = uselessFor(pack, answer)
  if (useless !== null)
    return (
      <p>
        {answer?.plan?.name} already includes unlimited {useless.map(unitsOf).join(' and ')}.
      </p>
    )
  return (
    <OrderButton offer={pack} variant="default">
      Buy for {price}
    </OrderButton>
  )
}
