import type { BillingStatement, PaymentItem, PaymentRow } from '@metered/billing/client'
import type { Meter } from '../src/format/meters.ts'

export const visa = { type: 'card', brand: 'visa', last4: '4242' }

type PlanChangeItem = Extract<PaymentItem<Meter>, { kind: 'planChange' }>

export const aPlanChange = (item: Partial<PlanChangeItem> = {}): PlanChangeItem => ({
  kind: 'planChange',
  to: 'Scale',
  until: Date.UTC(2026, 11, 28),
  parts: null,
  amount: 5_267,
  ...item,
})

/** Usage beyond Pro that may be billed after a change to a plan without a limit. */
export const earlierUsage = {
  meter: 'api_calls',
  plan: 'Pro',
  units: 2_500,
  amount: 300,
  unitPrice: 100,
  perUnits: 1_000,
} as const

export const aPayment = (payment: Partial<PaymentRow<Meter>> = {}): PaymentRow<Meter> => ({
  id: 'pym_1',
  at: Date.UTC(2026, 10, 28),
  amount: 5_267,
  currency: 'USD',
  status: 'paid',
  refunded: 0,
  refundedAt: null,
  method: visa,
  items: [aPlanChange()],
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
  unlimitedPacks: [],
  method: visa,
  ...statement,
})
