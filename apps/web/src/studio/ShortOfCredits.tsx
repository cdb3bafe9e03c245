import { Button } from '@mantine/core'
import { billingDenial } from '@metered/billing/client'
import { noticeShare } from '@metered/billing-react'
import type { ReactNode } from 'react'
import { usePaywall } from '../api/billing.ts'
import { formatNumber } from '../format/format.ts'
import { amountOf, type Meter, unitsOf } from '../format/meters.ts'
import { Notice } from '../parts/Notice.tsx'
import { UpgradeOptions } from '../plans/UpgradeOptions.tsx'
import { paywallTitle } from './CreditsPanel.tsx'

interface ShortOfCreditsProps {
  meter: Meter
  error: { message: string }
  onRetry: () => void
  onLess: ((available: number) => ReactNode) | undefined
  isMaximum: boolean
}

/**
 * Explains a call that was denied for lack of credits. When a purchase, renewal or upgrade adds credits, says that
 * the customer can continue.
 */
export function ShortOfCredits({ meter, error, onRetry, onLess, isMaximum }: ShortOfCreditsProps) {
  const paywall = usePaywall(error)
  const denial = billingDenial(error)
  switch (paywall.state) {
    case 'short': {
      const { balance, required } = paywall
      return (
        <Notice
          tone="critical"
          role="alert"
          title={`This request needs ${isMaximum ? 'up to ' : ''}${amountOf(balance.meter, required)}; you have ${formatNumber(balance.available ?? 0)} left`}
          actions={
            <>
              {onLess?.(balance.available ?? 0)}
              {/* Once usage reaches `noticeShare`, the panel beside the form shows these options. */}
              {balance.share < noticeShare && (
                <UpgradeOptions meter={balance.meter} isSecondary={onLess !== undefined} />
              )}
            </>
          }
        >
          Nothing was charged.
        </Notice>
      )
    }
    case 'exhausted': {
      const { balance, held } = paywall
      return held > 0 ? (
        <Notice
          tone="warning"
          role="alert"
          title={`Your remaining ${unitsOf(balance.meter)} are reserved for work in progress`}
          actions={
            <Button size="sm" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          Nothing was charged. You may get {amountOf(balance.meter, held)} back when that work is done. Try
          again then.
        </Notice>
      ) : (
        <Notice
          tone="critical"
          role="alert"
          title={`You have no ${unitsOf(balance.meter)} left`}
          actions={balance.meter !== meter && <UpgradeOptions meter={balance.meter} />}
        >
          Nothing was charged, and your text is still here.
          {/* The panel beside the form gives the reason and the options, so this notice doesn't repeat them. */}
          {balance.meter === meter && ` See your options under “${paywallTitle(balance)}”.`}
        </Notice>
      )
    }
    default:
      return (
        <Notice
          role="status"
          title={
            denial?.code === 'INSUFFICIENT_CREDITS' ? 'You have enough credits now' : 'You can continue now'
          }
          actions={
            <Button size="sm" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          Your last request didn't run because you were out of credits. Nothing was charged.
        </Notice>
      )
  }
}
