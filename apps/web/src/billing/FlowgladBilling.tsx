import { useBilling } from '@flowglad/react'
import { Skeleton } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { FailedSection } from '../denials/FailedSection.tsx'
import { formatDate, formatMoney } from '../format/format.ts'
import classes from './BillingScreen.module.css'
import { PaymentMethod } from './PaymentMethod.tsx'

/** Shows the payment method and the invoices, which are stored only at Flowglad. */
export function FlowgladBilling() {
  const billing = useBilling()
  const queryClient = useQueryClient()
  if (!billing.loaded)
    return (
      <>
        <Skeleton className={classes.loading} radius="lg" />
        <Skeleton className={classes.loading} radius="lg" />
      </>
    )
  if (billing.customer === null)
    return (
      <FailedSection
        what="Your payment method and invoices"
        error={billing.errors?.[0]}
        onRetry={() => void queryClient.refetchQueries({ queryKey: ['customers/billing'] })}
      />
    )
  return (
    <>
      <PaymentMethod billing={billing} />
      <Invoices invoices={billing.invoices ?? []} />
    </>
  )
}

type Billing = Extract<ReturnType<typeof useBilling>, { customer: object }>
const words: Record<string, string> = {
  paid: 'Paid',
  open: 'Open',
  draft: 'Draft',
  void: 'Void',
  uncollectible: 'Unpaid',
  awaiting_payment_confirmation: 'Processing',
  refunded: 'Refunded',
  partially_refunded: 'Partially refunded',
}

function Invoices({ invoices }: { invoices: NonNullable<Billing['invoices']> }) {
  const newestFirst = [...invoices].sort(
    (a, b) => Number(b.invoice.invoiceDate) - Number(a.invoice.invoiceDate),
  )
  return (
    <section className={classes.card} aria-labelledby="invoices">
      <h2 id="invoices">Invoices</h2>
      {newestFirst.length === 0 && <p className={classes.dim}>You have no invoices yet.</p>}
      <ul className={classes.invoices}>
        {newestFirst.map(({ invoice, invoiceLineItems }) => (
          <li key={invoice.id}>
            <span>
              {invoiceLineItems.map((item) => item.description).join(', ') || invoice.invoiceNumber}
              <span className={classes.number}>{invoice.invoiceNumber}</span>
            </span>
            <time dateTime={new Date(Number(invoice.invoiceDate)).toISOString()} className={classes.dim}>
              {formatDate(Number(invoice.invoiceDate))}
            </time>
            <span className={classes.total}>
              {formatMoney(
                invoiceLineItems.reduce((sum, item) => sum + item.price * item.quantity, 0),
                invoice.currency,
              )}
            </span>
            <span className={classes.dim}>{words[invoice.status] ?? invoice.status}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
