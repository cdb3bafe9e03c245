import { useBalances } from '../billing.ts'
import { formatMoney } from '../format.ts'
import { unitsOf } from '../meters.ts'
import { useUser } from '../Session.tsx'
import { LinkButton } from '../shell/LinkButton.tsx'
import { benefitsOf } from './benefitsOf.ts'
import { OrderButton } from './OrderButton.tsx'
import { type Offer, uselessFor } from './offers.ts'
import classes from './PlansScreen.module.css'

/** Something bought once, on top of any plan. */
export function PackCard({ pack }: { pack: Offer }) {
  const user = useUser()
  const { data: answer } = useBalances()
  const price = formatMoney(pack.unitPrice, pack.currency)
  const useless = user && uselessFor(pack, answer)
  return (
    <article className={classes.pack} aria-label={pack.name} data-testid={`plan-${pack.priceSlug}`}>
      <div className={classes.packText}>
        <h2>{pack.name}</h2>
        <p>
          {benefitsOf(pack).join(', ')} for {price}, once. They never expire, and are used after those of your
          plan.
        </p>
      </div>
      {useless ? (
        <p>
          No need for it: {answer?.plan?.name} has no limit on {useless.map(unitsOf).join(' and ')}.
        </p>
      ) : user ? (
        <OrderButton offer={pack} variant="default">
          Buy for {price}
        </OrderButton>
      ) : (
        <LinkButton to="/sign-up" search={{ next: '/pricing' }} variant="default">
          Sign up to buy
        </LinkButton>
      )}
    </article>
  )
}
