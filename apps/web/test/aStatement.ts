import type { BillingStatement, PaymentRow } from '@metered/billing/client'
import type { Meter } from '../src/format/meters.ts'

export const visa = { type: 'card', brand: 'visa', last4: '4242' }

export const aPayment = (payment: Partial<PaymentRow<Meter>> = {}): PaymentRow<Meter> => ({
  id: 'pym_1',
  at: Date.UTC(2026, 10, 28),
  amount: 5_267,
  currency: 'USD',
  status: 'paid',
  refunded: 0,
  refundedAt: null,
  method: visa,
  items: [{ kind: 'planChange', to: 'Scale', amount: 5_267 }],
  invoiceNumber: 'STU-00002',
  pdfUrl: 'https://flowglad.test/receipt.pdf',
  ...payment,
})

export const aStatement = (statement: Partial<BillingStatement<Meter>> = {}): BillingStatement<Meter> => ({
  payments: [],
  hasOlder: false,
  overdue: null,
  next: null,
  overage: [],
  changesTo: null,
  prorated: [],
  method: visa,
  ...statement,
})
