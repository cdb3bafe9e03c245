import { useBilling } from '@flowglad/react'
import { Skeleton } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useStatement } from '../api/billing.ts'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { isCardUnknown } from '../format/payments.ts'
import classes from './BillingScreen.module.css'
import { PaymentMethod } from './PaymentMethod.tsx'
import { Payments } from './Payments.tsx'

/** Shows the payments and the payment method. Only Flowglad stores them. */
export function FlowgladBilling() {
  const billing = useBilling()
  const statement = useStatement()
  const error = useLastError(statement)
  const queryClient = useQueryClient()
  const noMethod = billing.loaded && billing.customer === null
  const noPayments = error !== null

  function retry() {
    if (noMethod) void queryClient.refetchQueries({ queryKey: ['customers/billing'] })
    if (noPayments) void statement.refetch()
  }
  return (
    <>
      {statement.data ? (
        <Payments statement={statement.data} />
      ) : (
        !noPayments && <Skeleton className={`${classes.loading} ${classes.paid}`} radius="lg" />
      )}
      {billing.loaded && billing.customer !== null && (statement.data || noPayments) ? (
        <PaymentMethod
          billing={billing}
          invoiced={statement.data?.method}
          hasUsedUnsavedCard={statement.data?.payments.some(isCardUnknown) ?? false}
        />
      ) : (
        !noMethod && <Skeleton className={classes.loading} radius="lg" />
      )}
      {(noMethod || noPayments) && (
        <FailedSection
          what={
            noMethod && noPayments
              ? 'Your payments and payment method'
              : noMethod
                ? 'Your payment method'
                : 'Your payments'
          }
          error={noPayments ? error : billing.errors?.[0]}
          onRetry={retry}
        />
      )}
    </>
  )
}
