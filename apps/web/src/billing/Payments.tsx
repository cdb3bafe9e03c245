import type { BillingStatement, PaymentRow } from '@metered/billing/client'
import { Fragment } from 'react'
import { formatDate, formatMoney } from '../format/format.ts'
import type { Meter } from '../format/meters.ts'
import { changeDetails, foldDeclines, itemText, paidWithText, statusText } from '../format/payments.ts'
import classes from './BillingScreen.module.css'

/** Lists the customer's payments, each with its date, amount, card, items and receipt. */
export function Payments({ statement }: { statement: BillingStatement<Meter> }) {
  const { payments, hasOlder } = statement
  const entries = foldDeclines(payments)
  return (
    <section className={`${classes.card} ${classes.paid}`} aria-labelledby="payments">
      <h2 id="payments">Payments</h2>
      {entries.length === 0 && <p className={classes.dim}>You haven't paid for anything yet.</p>}
      <ul className={classes.payments}>
        {entries.map(({ payment, tries }) => (
          <li key={payment.id}>
            <Payment payment={payment} tries={tries} payments={payments} />
          </li>
        ))}
      </ul>
      {hasOlder && <p className={classes.dim}>These are your last {entries.length} payments.</p>}
    </section>
  )
}

interface PaymentProps {
  payment: PaymentRow<Meter>
  tries: number
  /** All listed payments. They determine what the credit of a plan change is for. */
  payments: PaymentRow<Meter>[]
}

function Payment({ payment, tries, payments }: PaymentProps) {
  const { at, amount, currency, items, invoiceNumber, pdfUrl, refunded, refundedAt, status } = payment
  const facts = [paidWithText(payment), invoiceNumber && `Invoice ${invoiceNumber}`]
  return (
    <>
      <div className={classes.what}>
        {items.length === 0 && <span className={classes.part}>Payment</span>}
        {items.map((item) => (
          <Fragment key={itemText(item, status)}>
            <span className={classes.part}>
              {itemText(item, status)}
              {items.length > 1 && `: ${formatMoney(item.amount, currency)}`}
            </span>
            {item.kind === 'planChange' &&
              status !== 'failed' &&
              changeDetails(item, payment, payments).map((text) => (
                <span key={text} className={classes.details}>
                  {text}
                </span>
              ))}
          </Fragment>
        ))}
        <span className={classes.details}>
          {facts
            .filter((fact) => fact !== null)
            .map((fact) => (
              <span key={fact} className={classes.fact}>
                {fact}
              </span>
            ))}
        </span>
      </div>
      <time dateTime={new Date(at).toISOString()} className={classes.dim}>
        {formatDate(at)}
      </time>
      <div className={classes.sum} data-status={refunded > 0 ? 'refunded' : status}>
        <span className={classes.total}>{formatMoney(amount, currency)}</span>
        <span className={classes.details}>
          {statusText(payment, tries)}
          {refunded > 0 && refundedAt !== null && (
            <>
              {' on '}
              <span className={classes.whole}>{formatDate(refundedAt)}</span>
            </>
          )}
        </span>
        {pdfUrl && (
          <a
            className={classes.details}
            data-tap
            href={pdfUrl}
            target="_blank"
            rel="noreferrer"
            aria-label={`Receipt for ${formatMoney(amount, currency)} on ${formatDate(at)} (PDF)`}
          >
            Receipt (PDF)
          </a>
        )}
      </div>
    </>
  )
}
