import type { Flowglad } from '@flowglad/node'

type Feature = Flowglad.ProductRetrieveResponse['features'][number]
type Experimental = NonNullable<Flowglad.StandardSubscriptionDetails['experimental']>
type FeatureItem = Experimental['featureItems'][number]
type Purchase = NonNullable<Flowglad.CustomerRetrieveBillingResponse['purchases']>[number]
type UsageEvent = Flowglad.UsageEventCreateResponse['usageEvent']
type Page<Listed> = Omit<Flowglad.CustomerListResponse, 'data'> & { data: Listed[] }

/*
 * The SDK has no types for these records. The fields come from the platform's openapi.json. Optional fields
 * can be null.
 */
type Stored = { id: string; createdAt: number; updatedAt: number; livemode: boolean }
type OfOrganization = Stored & { organizationId: string; pricingModelId: string }
type ProductFeature = OfOrganization & { productId: string; featureId: string; expiredAt?: number }
type Webhook = OfOrganization & { name: string; url: string; filterTypes: string[]; active: boolean }
type PreviewItem = { name: string; unitPrice: number; quantity: number; priceId: string }
type Preview = {
  canAdjust: boolean
  reason?: string
  previewGeneratedAt: number
  prorationAmount?: number
  currentPlanTotal?: number
  newPlanTotal?: number
  resolvedTiming?: 'immediately' | 'at_end_of_current_billing_period'
  effectiveDate?: number
  isUpgrade?: boolean
  percentThroughBillingPeriod?: number
  billingPeriodEnd?: number
  paymentMethod?: { id: string; type: string; last4?: string; brand?: string }
  currentSubscriptionItems?: PreviewItem[]
  newSubscriptionItems?: PreviewItem[]
}
type Interval = { intervalUnit: 'day' | 'week' | 'month' | 'year'; intervalCount: number }
type NoInterval = { intervalUnit?: null; intervalCount?: null }
type ExportedFeature = { slug: string; name: string; description: string; active?: boolean }
type ExportedPrice = {
  name?: string
  slug?: string
  isDefault: boolean
  active?: boolean
  unitPrice: number
  currency?: string
}
type OfProduct = { usageEventsPerUnit?: null; usageMeterId?: null }
type Exported = {
  name: string
  isDefault: boolean
  features: (
    | (ExportedFeature & { type: 'toggle' })
    | (ExportedFeature & { type: 'resource'; amount: number; resourceSlug: string })
    | (ExportedFeature & {
        type: 'usage_credit_grant'
        amount: number
        renewalFrequency: 'once' | 'every_billing_period'
        usageMeterSlug: string
      })
  )[]
  products: {
    product: {
      name: string
      slug: string
      active: boolean
      default?: boolean
      description?: string
      imageURL?: string
      singularQuantityLabel?: string
      pluralQuantityLabel?: string
    }
    price:
      | (ExportedPrice & Interval & OfProduct & { type: 'subscription'; trialPeriodDays?: number })
      | (ExportedPrice & NoInterval & OfProduct & { type: 'single_payment'; trialPeriodDays?: null })
    features: string[]
  }[]
  usageMeters: {
    usageMeter: { name: string; slug: string; aggregationType?: 'sum' | 'count_distinct_properties' }
    prices?: (ExportedPrice &
      Interval & { type: 'usage'; usageEventsPerUnit: number; trialPeriodDays: null })[]
  }[]
  resources?: { slug: string; name: string; active?: boolean }[]
}

/**
 * The type of each operation's response. If the SDK has types only for an operation's records, the type here
 * wraps the records as the platform does.
 */
export interface Answers {
  'GET /customers': Flowglad.CustomerListResponse
  'POST /customers': Flowglad.CustomerCreateResponse
  'GET /customers/:externalId': Flowglad.CustomerRetrieveResponse
  'PUT /customers/:externalId': Flowglad.CustomerUpdateResponse
  'POST /customers/:externalId/archive': Flowglad.CustomerRetrieveResponse
  'GET /customers/:externalId/billing': Flowglad.CustomerRetrieveBillingResponse
  'GET /customers/:externalId/usage-balances': {
    usageMeterBalances: Experimental['usageMeterBalances']
  }
  'GET /usage-events': Page<UsageEvent>
  'POST /usage-events': Flowglad.UsageEventCreateResponse
  'GET /usage-events/:id': Flowglad.UsageEventRetrieveResponse
  'POST /usage-events/bulk': { usageEvents: UsageEvent[] }
  'GET /subscriptions': Flowglad.SubscriptionListResponse
  'POST /subscriptions': Flowglad.SubscriptionCreateResponse
  'GET /subscriptions/:id': Flowglad.SubscriptionRetrieveResponse
  'POST /subscriptions/:id/add-feature': { subscriptionItemFeature: FeatureItem }
  'POST /subscriptions/:id/adjust': Flowglad.SubscriptionAdjustResponse
  'POST /subscriptions/:id/cancel': Flowglad.SubscriptionCancelResponse
  'POST /subscriptions/:id/cancel-scheduled-adjustment': Flowglad.SubscriptionUncancelResponse & {
    canceledItemCount: number
  }
  'POST /subscriptions/:id/preview-adjust': Preview
  'POST /subscriptions/:id/uncancel': Flowglad.SubscriptionUncancelResponse
  'GET /checkout-sessions': Flowglad.CheckoutSessionListResponse
  'POST /checkout-sessions': Flowglad.CheckoutSessionCreateResponse
  'GET /checkout-sessions/:id': Flowglad.CheckoutSessionRetrieveResponse
  'GET /pricing-models': Flowglad.PricingModelListResponse
  'POST /pricing-models': Flowglad.PricingModelCreateResponse
  'GET /pricing-models/:id': Flowglad.PricingModelRetrieveResponse
  'PUT /pricing-models/:id': Flowglad.PricingModelUpdateResponse
  'POST /pricing-models/:id/clone': Flowglad.PricingModelCloneResponse
  'GET /pricing-models/:id/export': { pricingModel: Exported; updatedAt: number }
  'GET /pricing-models/default': Flowglad.PricingModelRetrieveDefaultResponse
  'POST /pricing-models/setup': Flowglad.PricingModelRetrieveResponse
  'GET /products': Flowglad.ProductListResponse
  'POST /products': Flowglad.ProductCreateResponse
  'GET /products/:id': Flowglad.ProductRetrieveResponse
  'PUT /products/:id': Flowglad.ProductUpdateResponse
  'GET /prices': Flowglad.PriceListResponse
  'POST /prices': Flowglad.PriceCreateResponse
  'GET /prices/:id': Flowglad.PriceCreateResponse
  'PUT /prices/:id': Flowglad.PriceUpdateResponse
  'GET /usage-meters': Flowglad.UsageMeterListResponse
  'POST /usage-meters': Flowglad.UsageMeterCreateResponse
  'GET /usage-meters/:id': Flowglad.UsageMeterRetrieveResponse
  'PUT /usage-meters/:id': Flowglad.UsageMeterUpdateResponse
  'GET /features': Page<Feature>
  'POST /features': { feature: Feature }
  'GET /features/:id': { feature: Feature }
  'PUT /features/:id': { feature: Feature }
  'GET /product-features': Page<ProductFeature>
  'POST /product-features': { productFeature: ProductFeature }
  'GET /product-features/:id': { productFeature: ProductFeature }
  'POST /product-features/:id/expire': { success: boolean }
  'POST /subscription-item-features': { subscriptionItemFeature: FeatureItem }
  'GET /subscription-item-features/:id': { subscriptionItemFeature: FeatureItem }
  'PUT /subscription-item-features/:id': { subscriptionItemFeature: FeatureItem }
  'GET /resources': Flowglad.ResourceListResponse
  'POST /resources': Flowglad.ResourceCreateResponse
  'GET /resources/:id': Flowglad.ResourceRetrieveResponse
  'PUT /resources/:id': Flowglad.ResourceUpdateResponse
  'POST /resource-claims/:subscriptionId/claim': Flowglad.ResourceClaimClaimResponse
  'GET /resource-claims/:subscriptionId/claims': { claims: Flowglad.ResourceClaimClaimResponse['claims'] }
  'POST /resource-claims/:subscriptionId/release': Flowglad.ResourceClaimReleaseResponse
  'GET /resource-claims/:subscriptionId/usage': Flowglad.ResourceClaimRetrieveUsageResponse
  'GET /resource-claims/:subscriptionId/usages': Flowglad.ResourceClaimListUsagesResponse
  'GET /invoices': Flowglad.InvoiceListResponse
  'GET /invoices/:id': Flowglad.InvoiceRetrieveResponse
  'GET /invoice-line-items': Flowglad.InvoiceLineItemListResponse
  'GET /invoice-line-items/:id': Flowglad.InvoiceLineItemRetrieveResponse
  'GET /payments': Flowglad.PaymentListResponse
  'GET /payments/:id': Flowglad.PaymentRetrieveResponse
  'POST /payments/:id/refund': Flowglad.PaymentRefundResponse
  'GET /payment-methods': Flowglad.PaymentMethodListResponse
  'GET /payment-methods/:id': Flowglad.PaymentMethodRetrieveResponse
  'GET /purchases/:id': { purchase: Purchase }
  'GET /discounts': Flowglad.DiscountListResponse
  'POST /discounts': Flowglad.DiscountCreateResponse
  'GET /discounts/:id': Flowglad.DiscountRetrieveResponse
  'PUT /discounts/:id': Flowglad.DiscountUpdateResponse
  'POST /webhooks': { webhook: Webhook; secret: string }
  'GET /webhooks/:id': { webhook: Webhook }
  'PUT /webhooks/:id': { webhook: Webhook }
}
