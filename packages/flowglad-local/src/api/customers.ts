import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { archiveCustomer, createCustomer, rejectUnknownUser } from '../billing/customers.ts'
import { itemsAt } from '../billing/items.ts'
import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Platform } from '../platform/Platform.ts'
import { notFound } from '../platform/problems.ts'
import { defined } from './defined.ts'
import { presentInvoice, presentInvoiceLineItem, presentPaymentMethod, presentPurchase } from './invoices.ts'
import { listPage, listQuery, type PageOf } from './list.ts'
import { pricingModelDetails } from './pricingModelDetails.ts'
import type { Route } from './route.ts'
import { presentSubscription, subscriptionDetails, usageMeterBalances } from './subscriptionDetails.ts'

const places = { logoURL: z.string().nullish(), iconURL: z.string().nullish(), domain: z.string().nullish() }
const userId = z.string().nullish()

// The fields are in the platform's order, because validation errors follow that order.
const createInput = z.object({
  customer: z.object({
    email: z.string(),
    name: z.string(),
    archived: z.boolean().optional(),
    ...places,
    externalId: z.string(),
    userId,
  }),
})

/** Updates ignore the external ID and the archived flag. */
const updateInput = z.object({
  customer: z.object({ email: z.string().optional(), name: z.string().optional(), ...places, userId }),
})

function findCustomer({ db }: Platform, externalId: string): Customer {
  const customer = db.customers.first('externalId', externalId)
  if (!customer) throw notFound(`Customer with externalId ${externalId} not found`)
  return customer
}

export function customerRoutes(route: Route): void {
  route('POST', '/customers', { body: createInput }, ({ platform, now, body }) => {
    const { externalId, name, email, ...rest } = body.customer
    const { customer, subscription } = createCustomer(platform, now, {
      externalId,
      name,
      email,
      ...defined(rest),
    })
    if (!subscription) return { data: { customer, subscription: null, subscriptionItems: null } }
    return {
      data: {
        customer,
        subscription: presentSubscription(subscription),
        subscriptionItems: itemsAt(platform, subscription.id, now),
      },
    } satisfies Flowglad.CustomerCreateResponse
  })

  route(
    'GET',
    '/customers',
    { query: listQuery },
    ({ platform, query }) =>
      listPage(
        platform.db.customers,
        query,
        (c): Flowglad.CustomerClientSelectSchema => c,
      ) satisfies PageOf<Flowglad.CustomerListResponse>,
  )

  route(
    'GET',
    '/customers/:externalId',
    {},
    ({ platform, params }) =>
      ({
        customer: findCustomer(platform, params.externalId ?? ''),
      }) satisfies Flowglad.CustomerRetrieveResponse,
  )

  route('PUT', '/customers/:externalId', { body: updateInput }, ({ platform, now, params, body }) => {
    const customer = findCustomer(platform, params.externalId ?? '')
    rejectUnknownUser(body.customer.userId)
    return {
      customer: platform.db.customers.patch(customer.id, { ...defined(body.customer), updatedAt: now }),
    } satisfies Flowglad.CustomerUpdateResponse
  })

  route('POST', '/customers/:externalId/archive', {}, ({ platform, now, params }) => {
    const externalId = params.externalId ?? ''
    const { customers } = platform.db
    const customer =
      customers.first('externalId', externalId) ?? customers.by('archivedExternalId', externalId).at(-1)
    if (!customer) throw notFound(`Customer with externalId ${externalId} not found`)
    return { customer: customer.archived ? customer : archiveCustomer(platform, now, customer) }
  })

  route('GET', '/customers/:externalId/billing', {}, ({ platform, now, params }) =>
    customerBilling(platform, now, findCustomer(platform, params.externalId ?? '')),
  )

  route(
    'GET',
    '/customers/:externalId/usage-balances',
    { query: z.object({ subscriptionId: z.string().optional() }) },
    ({ platform, params, query }) => {
      const customer = findCustomer(platform, params.externalId ?? '')
      const { subscriptionId } = query
      if (!subscriptionId) {
        const current = currentSubscriptions(platform, customer.id)
        return { usageMeterBalances: current.flatMap((s) => usageMeterBalances(platform, s.id)) }
      }
      const subscription = platform.db.subscriptions.find(subscriptionId)
      if (subscription?.customerId !== customer.id)
        throw notFound(
          `Subscription with id ${subscriptionId} not found for customer ${params.externalId ?? ''}`,
        )
      return { usageMeterBalances: usageMeterBalances(platform, subscription.id) }
    },
  )
}

function customerBilling(platform: Platform, now: number, customer: Customer) {
  const { db } = platform
  const details = new Map(
    db.subscriptions
      .by('customer', customer.id)
      .map((s) => [s.id, subscriptionDetails(platform, now, s)] as const),
  )
  const current = currentSubscriptions(platform, customer.id).flatMap((s) => details.get(s.id) ?? [])
  const model = pricingModelDetails(platform, db.pricingModels.get(customer.pricingModelId))
  const billing = {
    customer,
    subscriptions: [...details.values()],
    // The platform hides invoices without lines, such as a trial's invoice.
    invoices: db.invoices.by('customer', customer.id).flatMap((invoice) => {
      const lines = db.invoiceLineItems.by('invoice', invoice.id).map(presentInvoiceLineItem)
      return lines.length === 0 ? [] : [{ invoice: presentInvoice(invoice), invoiceLineItems: lines }]
    }),
    paymentMethods: db.paymentMethods.by('customer', customer.id).map(presentPaymentMethod),
    purchases: db.purchases.by('customer', customer.id).map(presentPurchase),
    currentSubscriptions: current,
    billingPortalUrl: `${platform.url}/billing-portal/${platform.organizationId}`,
  } satisfies Omit<Flowglad.CustomerRetrieveBillingResponse, 'catalog' | 'pricingModel'>
  return { ...billing, catalog: model, pricingModel: model, currentSubscription: current[0] ?? null }
}
