/**
 * A customer's payments, the amount overdue, and the next invoice. Amounts are in the currency's smallest unit
 * (cents), and times are epoch milliseconds.
 */
export interface BillingStatement<Meter extends string = string> {
  /** Up to 100 payments, newest first. Includes failed attempts. */
  payments: PaymentRow<Meter>[]
  /** Whether Flowglad has older payments. */
  hasOlder: boolean
  /** The unpaid renewal. null if everything is paid. */
  overdue: OverdueAmount | null
  /** The next invoice. null if no invoice is planned, for example because the plan ends. */
  next: NextInvoice<Meter> | null
  /**
   * Usage beyond the grants that hasn't been invoiced yet. The next invoice bills this usage, unless a plan change
   * charges it earlier. If the plan ends first, the usage is never billed.
   */
  overage: OverageCharge<Meter>[]
  /** The plan after a scheduled change. null if no change is scheduled, or if the plan can't be determined. */
  changesTo: { name: string; priceSlug: string } | null
  /**
   * The meters whose grants are smaller in this period because the plan changed during the period. Empty if
   * the plan has been the same since the period began.
   */
  prorated: ProratedGrant<Meter>[]
  /**
   * The units left from packs on the meters that the plan doesn't limit. The balances of these meters contain no
   * amounts. The units end with the subscription. Usage reduces them even while the meter is unlimited.
   */
  unlimitedPacks: PackUnits<Meter>[]
  /** The payment method for the next invoice. null if there is none. */
  method: PaymentMethodSummary | null
}

/** The units of a meter that are left from packs. */
export interface PackUnits<Meter extends string = string> {
  meter: Meter
  units: number
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
  /** The refunded part of the amount. */
  refunded: number
  refundedAt: number | null
  method: PaymentMethodSummary | null
  items: PaymentItem<Meter>[]
  invoiceNumber: string | null
  /** The URL of the receipt or invoice, a PDF at Flowglad. null while there is none. */
  pdfUrl: string | null
}

/** An item that a payment covers. */
export type PaymentItem<Meter extends string = string> =
  /** A plan for a period. `prorated` means that the plan started within the period. */
  | { kind: 'plan'; name: string; from: number | null; to: number | null; prorated: boolean; amount: number }
  /**
   * A change to another plan for the rest of a period. `to` is null if the other plan is unknown, `until` is the end of
   * the period, and `parts` is null if they can't be derived from Flowglad's report.
   */
  | {
      kind: 'planChange'
      to: string | null
      until: number | null
      parts: PlanChangeParts | null
      amount: number
    }
  | { kind: 'pack'; name: string; amount: number }
  /** Usage beyond the grants of a plan. `plan` is that plan, or null if it is unknown. */
  | { kind: 'overage'; meter: Meter | null; plan: string | null; units: number; amount: number }
  /** The discount on the other items. `amount` is negative. */
  | { kind: 'discount'; amount: number }

/** The parts of a plan change's amount, which is `plan` minus `credit`. */
export interface PlanChangeParts {
  /** The new plan's price for the rest of the period. */
  plan: number
  /** The credit for the earlier payments in the period. */
  credit: number
}

/** The amount that the customer has to pay for an unpaid renewal. */
export interface OverdueAmount {
  /**
   * If several renewals are unpaid, the amount of the newest one. Once the newest one is paid, Flowglad no longer
   * collects the others.
   */
  amount: number
  currency: string
  /** When the oldest unpaid renewal was due. */
  since: number
  /**
   * When Flowglad charges the payment method again. null if no retry is scheduled, for example because the
   * customer has canceled the plan.
   */
  retriesAt: number | null
}

/** The invoice at the end of the current period. Further usage can increase the total. */
export interface NextInvoice<Meter extends string = string> {
  at: number
  currency: string
  plan: { name: string; amount: number }
  /**
   * The overage on meters that became unlimited when the plan changed during the period. The customer used these units
   * under the earlier plan. Flowglad still bills this overage if the change didn't charge it, but doesn't report its
   * amount. The units and amounts are maximums, and `total` doesn't include them.
   */
  earlierUsage: PlanOverage<Meter>[]
  /** The price of the plan plus the statement's `overage`. */
  total: number
  /** Whether the last invoice was discounted. If so, the next invoice may be lower than `total`. */
  wasDiscounted: boolean
}

/** A meter's usage beyond its grant, and the price so far. */
export interface OverageCharge<Meter extends string = string> {
  meter: Meter
  units: number
  /** The price of the units, rounded up to full multiples of `perUnits`. */
  amount: number
  unitPrice: number
  perUnits: number
}

/** A meter's usage beyond the grant of `plan`, and its price. */
export interface PlanOverage<Meter extends string = string> extends OverageCharge<Meter> {
  /** null if the plan is unknown. */
  plan: string | null
}

/** A grant that is smaller in this period than in later periods. */
export interface ProratedGrant<Meter extends string = string> {
  meter: Meter
  /** The units granted in this period, excluding packs. */
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
  /** The amount charged now. Includes `overage`. */
  charge: number
  /**
   * The usage beyond the plan's grants that the change also charges. Empty if the change charges nothing now. In that
   * case, the next invoice bills the usage.
   */
  overage: PlanOverage<Meter>[]
  /**
   * Whether the change can charge less than `charge` for the overage, for example because Flowglad hasn't received all
   * usage yet, or because of a discount. The next invoice bills the usage that the change doesn't charge.
   */
  isMaximum: boolean
  /**
   * The credit for the earlier payments in this period, which reduces the charge. 0 if the last invoice was
   * discounted, because Flowglad doesn't report the discount on the charge.
   */
  credit: number
  /**
   * Whether the change can charge a slightly different prorated amount. While a cancellation is scheduled, Flowglad
   * gives no preview, so this package computes `charge`. Otherwise, `isEstimate` means that the prorated amount can
   * change by a cent within 90 seconds. If `isEstimate` and `isMaximum` are false, a change within that time charges
   * exactly `charge`, plus the price of any further overage.
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
