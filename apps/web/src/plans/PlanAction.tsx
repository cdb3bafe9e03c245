import type { PlanSummary } from '@metered/billing/client'
import type { ReactNode } from 'react'
import { useBalances, usePlans, useStatement } from '../api/billing.ts'
import { awaitsVerification, useUser } from '../api/Session.tsx'
import { formatDay } from '../format/format.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { ChangeButton } from './ChangeButton.tsx'
import type { ConfirmedChange } from './Changed.tsx'
import { changeTo } from './changeTo.ts'
import { OrderButton } from './OrderButton.tsx'
import { currentOffer, isUnknown, type Offer } from './offers.ts'
import classes from './PlanCard.module.css'
import { pastDueText, payFirstText } from './pastDueText.ts'
import { familyOf } from './planFamilies.ts'
import { shortPriceOf } from './priceOf.ts'
import { useResult } from './purchaseResult.tsx'

interface PlanActionProps {
  offer: Offer
  isCurrent: boolean
  /** Whether the button is the most prominent one. */
  isPreferred: boolean
  /** Whether Flowglad is unreachable. If it is, the customer can't buy or change a plan. */
  isAway: boolean
  onChanged: (change: ConfirmedChange) => void
}

/** Shows the button to switch to a plan, or the reason why there is none. */
export function PlanAction({ offer, isCurrent, isPreferred, isAway, onChanged }: PlanActionProps) {
  const user = useUser()
  const { data: answer, isError } = useBalances()
  const { data: offers } = usePlans()
  const result = useResult()
  // The label's price includes the interval, so the name omits it.
  const name = familyOf(offer)
  // While a notice shows a purchase's result, no button is prominent.
  const variant = isPreferred && result === null ? 'filled' : 'default'
  if (user === null)
    return (
      <LinkButton
        to="/sign-up"
        search={{ next: '/pricing' }}
        variant={variant}
        fullWidth
        className={classes.button}
      >
        {offer.isFree ? 'Start free' : `Start with ${name} · ${shortPriceOf(offer)}`}
      </LinkButton>
    )
  if (awaitsVerification(user)) return <Note>Confirm your email address first</Note>
  if (answer === undefined || isUnknown(answer))
    return <Note>{answer || isError ? "We can't load your plan right now" : 'Loading your plan…'}</Note>
  const { plan } = answer
  if (isCurrent && plan)
    return <Note>{plan.changesAt === null ? nextOf(plan) : <Changing plan={plan} />}</Note>
  if (plan !== null && offer.isFree && plan.cancelsAt !== null)
    return <Note>Starts on {formatDay(plan.cancelsAt)}</Note>
  if (result === 'arriving') return <Note>We're confirming your payment</Note>
  if (isAway) return <Note>Not available right now</Note>
  if (plan?.pastDue && !plan.isFree && !offer.isFree)
    return (
      <Note>
        <PayFirst plan={plan} />
      </Note>
    )
  if (plan === null)
    return offer.isFree ? (
      <Note>Included with every new account</Note>
    ) : (
      <OrderButton offer={offer} variant={variant} fullWidth className={classes.button}>
        Choose {name} · {shortPriceOf(offer)}
      </OrderButton>
    )
  if (plan.isFree)
    return (
      <OrderButton offer={offer} variant={variant} fullWidth className={classes.button}>
        Upgrade to {name} · {shortPriceOf(offer)}
      </OrderButton>
    )
  // While a change is scheduled, the server accepts only a cancellation. The cancellation replaces the change.
  if (plan.changesAt !== null && !offer.isFree)
    return (
      <Note>
        <WhileChanging plan={plan} offer={offer} />
      </Note>
    )
  return (
    <ChangeButton
      offer={offer}
      plan={plan}
      {...changeTo(offer, currentOffer(offers, plan))}
      variant={variant}
      onChanged={onChanged}
    />
  )
}

const Note = ({ children }: { children: ReactNode }) => <p className={classes.note}>{children}</p>

/**
 * Asks the customer to pay the overdue amount first. Until then, the server rejects a change to another paid plan. The
 * notice at the top of the screen has the payment button.
 */
function PayFirst({ plan }: { plan: PlanSummary }) {
  const { data: statement } = useStatement()
  return payFirstText(plan, statement)
}

/** Says what happens to the current plan next. Doesn't name a price, because extra units can raise the next payment. */
function nextOf(plan: PlanSummary): string {
  const { cancelsAt, renewsAt } = plan
  const unpaid = pastDueText(plan, undefined, null)
  if (unpaid !== null) return unpaid.title
  if (cancelsAt !== null) return `Ends on ${formatDay(cancelsAt)}`
  return renewsAt === null ? 'Active' : `Renews on ${formatDay(renewsAt)}`
}

/** Describes a scheduled change. Reads the statement, because the balances don't contain the new plan. */
function Changing({ plan: { changesAt } }: { plan: PlanSummary }) {
  const { data: statement } = useStatement()
  const to = statement?.changesTo?.name
  return `Changes${to ? ` to ${to}` : ''}${changesAt === null ? '' : ` on ${formatDay(changesAt)}`}`
}

function WhileChanging({ plan, offer }: { plan: PlanSummary; offer: Offer }) {
  const { data: statement } = useStatement()
  const to = statement?.changesTo
  if (to?.priceSlug === offer.priceSlug && plan.changesAt !== null)
    return `Starts on ${formatDay(plan.changesAt)}`
  return `Undo the change${to ? ` to ${to.name}` : ''} to choose ${offer.name}`
}
