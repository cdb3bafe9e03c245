import { Button } from '@mantine/core'
import { billingDenial } from '@metered/billing/client'
import { noticeShare } from '@metered/billing-react'
import type { ReactNode } from 'react'
import { usePaywall, usePlan, usePlans } from '../api/billing.ts'
import { formatNumber } from '../format/format.ts'
import { amountOf, unitsOf } from '../format/meters.ts'
import { Notice } from '../parts/Notice.tsx'
import { UpgradeOptions } from '../plans/UpgradeOptions.tsx'
import { upgradeAdvice } from '../plans/upgradeAdvice.ts'

interface ShortOfCreditsProps {
  error: { message: string }
  onRetry: () => void
  onLess: ((available: number) => ReactNode) | undefined
}

/** A call refused for lack of credits; when credits arrive meanwhile (a pack, a renewal, an upgrade elsewhere) it says so by itself. */
export function ShortOfCredits({ error, onRetry, onLess }: ShortOfCreditsProps) {
  const paywall = usePaywall(error)
  const { data: plan } = usePlan()
  const { data: offers } = usePlans()
  const denial = billingDenial(error)
  switch (paywall.state) {
    case 'short': {
      const { balance, required } = paywall
      return (
        <Notice
          tone="critical"
          role="alert"
          title={`This needs ${amountOf(balance.meter, required)}; you have ${formatNumber(balance.available ?? 0)} left`}
          actions={
            <>
              {onLess?.(balance.available ?? 0)}
              {/* From there on the panel beside the form shows them already. */}
              {balance.share < noticeShare && <UpgradeOptions meter={balance.meter} />}
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
          title={`Your last ${unitsOf(balance.meter)} are at work`}
          actions={
            <Button size="sm" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          Nothing was charged. {amountOf(balance.meter, held)} held by running work may come back; try again
          when it is done.
        </Notice>
      ) : (
        <Notice tone="critical" role="alert" title={`Not done: you are out of ${unitsOf(balance.meter)}`}>
          Nothing was charged, and what you typed is still here.{' '}
          {upgradeAdvice({ offers, plan, renewsAt: balance.renewsAt, goal: 'go on' })}
        </Notice>
      )
    }
    default:
      return (
        <Notice
          role="status"
          title={
            denial?.code === 'INSUFFICIENT_CREDITS' ? 'You have enough credits now' : 'You can go on now'
          }
          actions={
            <Button size="sm" onClick={onRetry}>
              Try again
            </Button>
          }
        >
          The last try was refused for lack of credits and cost nothing.
        </Notice>
      )
  }
}
