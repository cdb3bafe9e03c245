import { useBilling } from '@flowglad/react'
import { Skeleton } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { FailedSection } from '../denials/FailedSection.tsx'
import classes from './BillingScreen.module.css'
import { PaymentMethod } from './PaymentMethod.tsx'

/** Shows the payment method, which is stored only at Flowglad. */
export function FlowgladBilling() {
  const billing = useBilling()
  const queryClient = useQueryClient()
  if (!billing.loaded) return <Skeleton className={classes.loading} radius="lg" />
  if (billing.customer === null)
    return (
      <FailedSection
        what="Your payment method"
        error={billing.errors?.[0]}
        onRetry={() => void queryClient.refetchQueries({ queryKey: ['customers/billing'] })}
      />
    )
  return <PaymentMethod billing={billing} />
}
