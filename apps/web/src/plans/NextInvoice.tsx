import { Skeleton } from '@mantine/core'
import type { BillingStatement } from '@metered/billing/client'
import { usePlan, useStatement } from '../api/billing.ts'
import { useLastError } from '../denials/useLastError.ts'
import { formatDate, formatMoney } from '../format/format.ts'
import { amountOf, type Meter } from '../format/meters.ts'
import { methodText } from '../format/payments.ts'
import classes from './NextInvoice.module.css'
import { mostOf, pricePerText } from './overage.ts'

/**
 * Shows the next invoice as a sum: the plan, the extra usage so far, the total, the date and the card. `className` styles
 * the invoice and its placeholder, so that both have the same size.
 */
export function NextInvoice({ className = '' }: { className?: string | undefined }) {
  const { data: plan } = usePlan()
  const query = useStatement()
  const { data: statement } = query
  const hasFailed = useLastError(query) !== null
  // A plan that is free or scheduled to end has no next invoice, so don't reserve space for one.
  if (statement === undefined)
    return plan && !plan.isFree && plan.cancelsAt === null && !hasFailed ? (
      <Skeleton className={className} radius="lg" />
    ) : null
  const { next } = statement
  return next && <Invoice className={className} next={next} statement={statement} />
}

type Statement = BillingStatement<Meter>

interface InvoiceProps {
  className: string
  next: NonNullable<Statement['next']>
  statement: Statement
}

function Invoice({ className, next, statement }: InvoiceProps) {
  const { at, currency, plan, earlierUsage, total, wasDiscounted } = next
  const { overage, method, overdue } = statement
  const money = (amount: number) => formatMoney(amount, currency)
  const hasExtra = overage.length > 0 || earlierUsage.length > 0
  return (
    <section className={`${classes.invoice} ${className}`} aria-labelledby="next-invoice">
      <h2 id="next-invoice">Next invoice</h2>
      <dl className={classes.sum}>
        {hasExtra && (
          <>
            <div>
              <dt>{plan.name}</dt>
              <dd>{money(plan.amount)}</dd>
            </div>
            {overage.map(({ meter, units, amount, unitPrice, perUnits }) => (
              <div key={meter}>
                <dt>
                  {amountOf(meter, units)} beyond your plan so far
                  <span className={classes.rate}>{pricePerText({ unitPrice, perUnits, currency })}</span>
                </dt>
                <dd>{money(amount)}</dd>
              </div>
            ))}
            {earlierUsage.map(({ meter, plan, units, amount, unitPrice, perUnits }) => (
              <div key={meter}>
                <dt>
                  Up to {amountOf(meter, units)} beyond {plan ?? 'your earlier plan'}
                  <span className={classes.rate}>{pricePerText({ unitPrice, perUnits, currency })}</span>
                </dt>
                <dd>Up to {money(amount)}</dd>
              </div>
            ))}
          </>
        )}
        <div className={classes.total}>
          <dt>{hasExtra ? `Due on ${formatDate(at)}` : `${plan.name}, ${formatDate(at)}`}</dt>
          <dd>{earlierUsage.length > 0 ? `Up to ${money(mostOf(next))}` : money(total)}</dd>
        </div>
      </dl>
      {overdue && (
        <p className={classes.overdue}>
          The overdue {formatMoney(overdue.amount, overdue.currency)} isn't part of this invoice.
        </p>
      )}
      <p className={classes.method}>
        {method ? `We'll charge ${methodText(method)}.` : 'Add a card before then to keep your plan.'}
        {wasDiscounted && ' A discount may lower this amount.'}
      </p>
    </section>
  )
}
