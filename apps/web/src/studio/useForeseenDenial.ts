import { useBalance, usePlan, usePlans } from '../api/billing.ts'
import type { Meter } from '../format/meters.ts'
import { currentOffer } from '../plans/offers.ts'

interface Need {
  meter: Meter
  units: number
  feature?: string | undefined
}

/** Returns whether a call is about to be denied, judging by the balance and the plan that this tab shows. */
export function useForeseenDenial({ meter, units, feature }: Need): boolean {
  const { data: row } = useBalance(meter)
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  if (!row || !plan) return false
  if (feature !== undefined && !plan.features.includes(feature)) return true
  const hasOverage = currentOffer(offers, plan)?.overage.some((price) => price.meter === meter) === true
  return row.available !== null && row.available < units && !hasOverage
}
