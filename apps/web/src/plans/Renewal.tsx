import { usePlan, usePlans, useStatement } from '../api/billing.ts'
import { formatDate, formatMoney } from '../format/format.ts'
import { nextCostText } from './keptText.ts'
import { currentOffer } from './offers.ts'

/** After a payment, says when the plan renews and for how much. */
export function Renewal() {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const offer = currentOffer(offers, plan)
  if (!plan || !offer || offer.isFree || plan.renewsAt === null) return null
  if (plan.cancelsAt !== null || plan.changesAt !== null || plan.pastDue !== undefined) return null
  // Prefer the next invoice, because it also includes extra units.
  const cost =
    statement?.next?.at === plan.renewsAt
      ? nextCostText(statement.next, statement)
      : formatMoney(offer.unitPrice, offer.currency)
  return ` ${plan.name} renews on ${formatDate(plan.renewsAt)} for ${cost}.`
}
