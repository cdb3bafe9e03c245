/**
 * A customer's payments, the amount overdue, and the next invoice. Amounts are in the currency's smallest unit
 * (cents), and times are epoch milliseconds.
 */
export interface BillingStatement<Meter extends string = string> {
  /** The newest payments first, at most 100. Includes failed attempts. */
  payments: PaymentRow<Meter>[]
  /** Whether Flowglad has older payments. */
  hasOlder: boolean
  /** The unpaid renewal. null if everything is paid. */
  overdue: OverdueAmount | null
  /** The next invoice. null if no invoice is planned, for example because the plan ends. */
  next: NextInvoice<Meter> | null
  /**
   * The usage beyond the grants that no invoice contains yet. The next invoice bills it. If the plan ends first, it is
   * never billed.
   */
  overage: OverageCharge<Meter>[]
  /** The plan that a scheduled change leads to. null if there is none, or if it can't be determined. */
  changesTo: { name: string; priceSlug: string } | null
  /**
   * The meters whose grants are smaller in this period, because the plan changed during the period. Empty if
   * the plan has been the same since the period began.
   */
  prorated: ProratedGrant<Meter>[]
  /** The method that pays the next invoice. null if there is none. */
  method: PaymentMethodSummary | null
}

/** A payment method, such as a card. */
export interface PaymentMethodSummary {
  /** The method's type at Flowglad, such as `card`. */
  type: string
  /** The card's brand, such as `visa`. null if it is unknown. */
  brand: string | null
  last4: string | null
}

/** One payment, or one failed attempt. */
export interface PaymentRow<Meter extends string = string> {
  id: string
  at: number
  /** The amount charged. For a failed payment, the amount that would have been charged. */
  amount: number
  currency: string
  /** `pending` payments are not confirmed yet. */
  status: 'paid' | 'pending' | 'failed'
  /** The part of the amount that was returned. */
  refunded: number
  refundedAt: number | null
  method: PaymentMethodSummary | null
  items: PaymentItem<Meter>[]
  invoiceNumber: string | null
  /** The address of the receipt or the invoice, a PDF at Flowglad. null while there is none. */
  pdfUrl: string | null
}

/** One item that a payment is for. */
export type PaymentItem<Meter extends string = string> =
  /** A plan for a period. `prorated` means that the plan started within the period. */
  | { kind: 'plan'; name: string; from: number | null; to: number | null; prorated: boolean; amount: number }
  /** A change to another plan within a period. `to` is null if the other plan is unknown. */
  | { kind: 'planChange'; to: string | null; amount: number }
  | { kind: 'pack'; name: string; amount: number }
  /** Usage beyond the previous period's grants. */
  | { kind: 'overage'; meter: Meter | null; units: number; amount: number }
  /** The discount on the other items. `amount` is negative. */
  | { kind: 'discount'; amount: number }

/** The amount of an unpaid renewal. */
export interface OverdueAmount {
  amount: number
  currency: string
  /** When the renewal was due. */
  since: number
  /** When Flowglad charges the payment method again. null if no retry is scheduled. */
  retriesAt: number | null
}

/** The invoice at the end of the current period. Usage until then can increase it. */
export interface NextInvoice<Meter extends string = string> {
  at: number
  currency: string
  plan: { name: string; amount: number }
  /**
   * Meters whose extra usage may be added to `total`. The plan changed during the period, and the meter is now
   * unlimited. Flowglad still bills what was used beyond the earlier plan, but reports no amount.
   */
  earlierUsage: Meter[]
  /** The plan and the statement's `overage`. */
  total: number
  /** Whether the last invoice was discounted. If so, the next invoice may be lower than `total`. */
  wasDiscounted: boolean
}

/** The usage beyond the grants in this period, and its price so far. */
export interface OverageCharge<Meter extends string = string> {
  meter: Meter
  units: number
  /** The price of the units. A part of `perUnits` costs as much as `perUnits`. */
  amount: number
  unitPrice: number
  perUnits: number
}

/** A grant that is smaller in this period. */
export interface ProratedGrant<Meter extends string = string> {
  meter: Meter
  /** The units granted in this period, without packs. */
  granted: number
  /** The units granted in each later period. */
  regular: number
}

/** The charge and the grants that a change to another paid plan would cause. */
export interface ChangePreview<Meter extends string = string> {
  /** Whether the change takes effect now or at the end of the period. */
  timing: 'now' | 'periodEnd'
  effectiveAt: number
  currency: string
  /** The amount charged now. */
  charge: number
  /** The credit for the unused time on the current plan. It reduces the charge. */
  credit: number
  /**
   * Whether `charge` is computed by this package instead of by Flowglad. Flowglad gives no preview while a
   * cancellation is scheduled.
   */
  isEstimate: boolean
  /** The new plan's price, and when it is next due. */
  price: number
  nextChargeAt: number | null
  method: PaymentMethodSummary | null
  /** The new plan's recurring grants that are smaller in this period. */
  prorated: ProratedGrant<Meter>[]
}

/** A payment that a plan change caused. */
export interface Charge {
  amount: number
  currency: string
  method: PaymentMethodSummary | null
}
