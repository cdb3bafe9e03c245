import { usePlan, usePlans } from '../api/billing.ts'
import { formatDate, formatMoney } from '../format/format.ts'
import { currentOffer } from './offers.ts'

/** Says when the plan is charged again, and how much. A notice shows it after a payment. */
export function Renewal() {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const offer = currentOffer(offers, plan)
  if (!plan || !offer || offer.isFree || plan.renewsAt === null) return null
  if (plan.cancelsAt !== null || plan.changesAt !== null || plan.pastDue !== undefined) return null
  return ` ${plan.name} renews on ${formatDate(plan.renewsAt)} for ${formatMoney(offer.unitPrice, offer.currency)}.`
}
