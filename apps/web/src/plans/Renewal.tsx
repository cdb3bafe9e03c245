import { usePlan, usePlans, useStatement } from '../api/billing.ts'
import { formatDate, formatMoney } from '../format/format.ts'
import { currentOffer } from './offers.ts'

/** Says when the plan is charged again, and how much. A notice shows it after a payment. */
export function Renewal() {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const { data: statement } = useStatement()
  const offer = currentOffer(offers, plan)
  if (!plan || !offer || offer.isFree || plan.renewsAt === null) return null
  if (plan.cancelsAt !== null || plan.changesAt !== null || plan.pastDue !== undefined) return null
  // The next invoice also contains extra units.
  const next = statement?.next
  const amount = next?.at === plan.renewsAt ? next.total : offer.unitPrice
  return ` ${plan.name} renews on ${formatDate(plan.renewsAt)} for ${formatMoney(amount, offer.currency)}.`
}
