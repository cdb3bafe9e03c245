import { usePlan, usePlans, useStatement } from '../api/billing.ts'
import { formatDate, formatMoney } from '../format/format.ts'
import { currentOffer } from './offers.ts'
import { mostOf } from './overage.ts'

/** After a payment, says when the plan renews and for how much. */
export function Renewal() {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const offer = currentOffer(offers, plan)
  if (!plan || !offer || offer.isFree || plan.renewsAt === null) return null
  if (plan.cancelsAt !== null || plan.changesAt !== null || plan.pastDue !== undefined) return null
  // Prefer the total of the next invoice, which also includes extra units.
  const next = statement?.next?.at === plan.renewsAt ? statement.next : null
  const price = formatMoney(next ? mostOf(next) : offer.unitPrice, offer.currency)
  const amount = next && next.earlierUsage.length > 0 ? `up to ${price}` : price
  return ` ${plan.name} renews on ${formatDate(plan.renewsAt)} for ${amount}.`
}
