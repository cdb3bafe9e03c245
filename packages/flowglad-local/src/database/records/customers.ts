import type { Flowglad } from '@flowglad/node'
import type { Base, Metadata } from './base.ts'

export type BillingAddress = Flowglad.BillingAddress

export interface Customer extends Base {
  organizationId: string
  email: string
  name: string
  invoiceNumberBase: string
  archived: boolean
  logoURL: string | null
  iconURL: string | null
  domain: string | null
  billingAddress: BillingAddress | null
  externalId: string
  userId: string | null
  pricingModelId: string
}

export interface PaymentMethod extends Base {
  customerId: string
  pricingModelId: string
  billingDetails: Flowglad.PaymentMethodClientSelectSchema['billingDetails']
  type: 'card'
  default: boolean
  paymentMethodData: Record<string, unknown>
  metadata: Metadata | null
  internal: { behaviour: 'pays' | 'fails_later' }
}
