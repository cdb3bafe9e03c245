import { usePlan, usePlans } from '../api/billing.ts'
import { formatNumber } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { OrderButton } from './OrderButton.tsx'
import { grantOf, isOverdue, isUnpaid, nextOffer, packFor } from './offers.ts'
import { shortPriceOf } from './priceOf.ts'
import { useResult } from './purchaseResult.tsx'

interface UpgradeOptionsProps {
  meter: Meter
  size?: string
  /** Whether another button beside these is the most prominent one. */
  isSecondary?: boolean
}

/**
 * Shows buttons to upgrade, buy a pack or view plans, for a customer who is running out of a meter's units.
 */
export function UpgradeOptions({ meter, size = 'sm', isSecondary = false }: UpgradeOptionsProps) {
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const upgrade = plan ? nextOffer(offers, plan) : undefined
  const pack = packFor(offers, plan, meter)
  const variant = isSecondary ? 'default' : 'filled'
  // While a notice shows a purchase's result, don't offer another purchase.
  if (useResult() !== null) return null
  // Neither an upgrade nor a pack is for sale until the current plan is paid for.
  if (isOverdue(plan) || isUnpaid(plan))
    return (
      <LinkButton to="/billing" size={size} variant={variant}>
        Go to billing
      </LinkButton>
    )
  return (
    <>
      {upgrade &&
        (plan?.isFree ? (
          <OrderButton offer={upgrade} size={size} variant={variant}>
            Upgrade to {upgrade.name} · {shortPriceOf(upgrade)}
          </OrderButton>
        ) : (
          // A change between paid plans starts on the Plans screen, because that screen shows its price and date.
          <LinkButton to="/pricing" size={size} variant={variant}>
            Upgrade to {upgrade.name} · {shortPriceOf(upgrade)}
          </LinkButton>
        ))}
      {pack && (
        <OrderButton offer={pack} size={size} variant="default">
          Buy {formatNumber(grantOf(pack, meter))} more · {shortPriceOf(pack)}
        </OrderButton>
      )}
      <LinkButton to="/pricing" size={size} variant="transparent" px={4}>
        View plans
      </LinkButton>
    </>
  )
}
