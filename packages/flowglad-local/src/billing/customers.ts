import type { Customer } from '../database/records/customers.ts'
import { createInvoiceNumberBase } from '../platform/ids.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { conflict, Problem, rejected } from '../platform/problems.ts'
import { announce } from '../webhooks/announce.ts'
import { adjustmentPending, cancelNow } from './cancel.ts'
import { startFreePlan } from './createSubscription.ts'
import { currentSubscriptions } from './subscriptions.ts'

const externalIdTaken = () =>
  conflict('This pricing model id external id unique idx already exists. Please choose a different value.')

export type CustomerInput = Pick<Customer, 'externalId' | 'name' | 'email'> &
  Partial<Pick<Customer, 'logoURL' | 'iconURL' | 'domain' | 'userId' | 'billingAddress' | 'archived'>>

/**
 * Rejects every user ID, because a user ID refers to a billing portal account, and this server has none.
 */
export function rejectUnknownUser(userId: string | null | undefined): void {
  if (typeof userId === 'string')
    throw new Problem(
      'BAD_REQUEST',
      "This operation references data that does not exist or you don't have access to.",
    )
}

/** Creates a customer and starts the default plan. */
export function createCustomer(platform: Platform, at: number, input: CustomerInput) {
  const { db, organizationId } = platform
  const archived = input.archived ?? false
  if (!archived && db.customers.first('externalId', input.externalId)) throw externalIdTaken()
  rejectUnknownUser(input.userId)
  const customer = db.customers.put({
    ...newRecord('cust', at),
    organizationId,
    email: input.email,
    name: input.name,
    invoiceNumberBase: createInvoiceNumberBase(),
    archived,
    logoURL: input.logoURL ?? null,
    iconURL: input.iconURL ?? null,
    domain: input.domain ?? null,
    billingAddress: input.billingAddress ?? null,
    externalId: input.externalId,
    userId: input.userId ?? null,
    pricingModelId: platform.pricingModelId,
  })
  announce(platform, at, 'customer.created', { id: customer.id, object: 'customer', customer })
  return { customer, subscription: startFreePlan(platform, at, customer) }
}

/**
 * Archives a customer: ends the active subscriptions and makes the external ID available again. Like the
 * platform, doesn't end subscriptions that are on trial, past due or scheduled for cancellation.
 */
export function archiveCustomer(platform: Platform, at: number, customer: Customer): Customer {
  const active = currentSubscriptions(platform, customer.id).filter(({ status }) => status === 'active')
  for (const subscription of active) {
    if (subscription.scheduledAdjustmentAt !== null)
      throw rejected(`Failed to cancel subscription ${subscription.id}: ${adjustmentPending}`)
    cancelNow(platform, at, subscription, { assignDefault: false, reason: 'customer_archived' })
  }
  return platform.db.customers.patch(customer.id, { archived: true, updatedAt: at })
}
