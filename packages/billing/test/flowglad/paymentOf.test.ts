import { expect, test } from 'vitest'
import { paymentOf } from '../../src/flowglad/paymentOf.ts'

const subscription = { id: 'sub_1', updatedAt: 50, currentBillingPeriodStart: 40 }
const anInvoice = (status: string, billingPeriodStartDate: number, changes: object = {}) => ({
  invoice: { subscriptionId: 'sub_1', status, subtotal: 2_000, billingPeriodStartDate, ...changes },
})

test('finds the oldest unpaid invoice', () => {
  const invoices = [anInvoice('paid', 10), anInvoice('open', 30), anInvoice('uncollectible', 20)]
  expect(paymentOf(subscription, invoices)).toEqual({
    unpaidSince: 20,
    settledFor: 10,
    hasPaid: true,
    reportedAt: 50,
  })
})

test('ignores open invoices up to the latest paid period', () => {
  const invoices = [anInvoice('open', 10), anInvoice('paid', 20), anInvoice('open', 20)]
  expect(paymentOf(subscription, invoices)).toMatchObject({ unpaidSince: null, settledFor: 20 })
})

test.each(['void', 'fully_refunded', 'partially_refunded'])(
  'does not count a %s invoice as unpaid',
  (status) => {
    expect(paymentOf(subscription, [anInvoice(status, 10)])).toMatchObject({
      unpaidSince: null,
      settledFor: 10,
    })
  },
)

test.each([
  ['a free first period', anInvoice('paid', 10, { subtotal: 0 })],
  ['an open invoice', anInvoice('open', 10)],
  ['a void invoice', anInvoice('void', 10)],
  ['an invoice for another subscription', anInvoice('paid', 10, { subscriptionId: 'sub_2' })],
])('does not count %s as a payment', (_, invoice) => {
  expect(paymentOf(subscription, [invoice])).toMatchObject({ hasPaid: false })
})

test('reports the time of the latest update to the subscription or its invoices', () => {
  expect(paymentOf(subscription, [anInvoice('open', 10, { updatedAt: 60 })])).toMatchObject({
    reportedAt: 60,
  })
})
