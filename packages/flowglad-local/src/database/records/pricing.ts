import type { Interval } from '../../rules/period.ts'
import type { Base } from './base.ts'

export interface PricingModel extends Base {
  organizationId: string
  isDefault: boolean
  name: string
}

export interface UsageMeter extends Base {
  organizationId: string
  name: string
  pricingModelId: string
  slug: string
  aggregationType: 'sum' | 'count_distinct_properties'
}

export interface Feature extends Base {
  organizationId: string
  type: 'toggle' | 'usage_credit_grant' | 'resource'
  slug: string
  name: string
  description: string
  amount: number | null
  usageMeterId: string | null
  renewalFrequency: 'once' | 'every_billing_period' | null
  pricingModelId: string
  resourceId: string | null
  active: boolean
}

export interface Product extends Base {
  name: string
  description: string | null
  imageURL: string | null
  organizationId: string
  active: boolean
  singularQuantityLabel: string | null
  pluralQuantityLabel: string | null
  pricingModelId: string
  default: boolean
  slug: string | null
}

export interface ProductFeature extends Base {
  productId: string
  featureId: string
  expiredAt: number | null
}

export interface Price extends Base {
  type: 'subscription' | 'single_payment' | 'usage'
  name: string | null
  slug: string | null
  unitPrice: number
  intervalUnit: Interval | null
  intervalCount: number | null
  trialPeriodDays: number | null
  isDefault: boolean
  active: boolean
  usageEventsPerUnit: number | null
  productId: string | null
  usageMeterId: string | null
  currency: 'USD'
  pricingModelId: string
}

export interface Resource extends Base {
  organizationId: string
  pricingModelId: string
  slug: string
  name: string
  active: boolean
}

export interface Discount extends Base {
  name: string
  /** In upper case. */
  code: string
  /** The amount in cents or a percentage, depending on `amountType`. */
  amount: number
  amountType: 'percent' | 'fixed'
  active: boolean
  duration: 'once' | 'number_of_payments' | 'forever'
  numberOfPayments: number | null
  organizationId: string
  pricingModelId: string
}
