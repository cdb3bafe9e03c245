import type { Customer } from '../database/records/customers.ts'
import type { Organization } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import type { RequestLog } from '../platform/requestLog.ts'
import { conditionsPart, dataPart, grantForm, nextPaymentPart } from './controlParts.ts'
import { customerPart, customersPart } from './dashboardCustomers.ts'
import { checkoutsPart, ledgerPart, usagePart, webhooksPart } from './dashboardFeed.ts'
import { clockPart, connectionPart, overviewPart } from './dashboardSummary.ts'
import { type Html, html } from './html.ts'
import { liveBadge, testModeBar } from './layout.ts'
import { addressOf, dashboardAddress, modelSwitch, portalAddress } from './organizationParts.ts'
import { findForm, live } from './parts.ts'
import { requestsPart } from './requestPages.ts'

export function dashboardPage(
  organization: Organization,
  {
    customer,
    unknown,
    find,
    testControls,
    all,
    requestLog,
  }: {
    customer: Customer | undefined
    /** The requested customer ID, if no customer has this ID. */
    unknown: string | undefined
    /** The search text, or an empty string if there is no search. */
    find: string
    testControls: boolean
    /** Every pricing model that the dashboard can show. */
    all: readonly Organization[]
    requestLog: RequestLog
  },
): Html {
  const { platform, key } = organization
  const address = customer ? addressOf(customer) : dashboardAddress(platform)
  return html`${testModeBar(html`<span class="right row">${liveBadge}
  <a href="${portalAddress(platform)}">Billing portal</a></span>`)}
<main class="stack">
  <h1 class="unseen">Dashboard</h1>
  ${modelSwitch(all, platform, dashboardAddress)}
  ${unknown !== undefined && html`<p class="note bad" role="alert">Customer “${unknown}” not found.</p>`}
  <div class="halves">
    ${live('clock', clockPart(platform, customer, testControls), 'Clock')}
    ${live('connection', connectionPart(platform, key), 'Connection')}
  </div>
  ${
    testControls &&
    html`<div class="halves">
    ${live('conditions', conditionsPart(organization, address), 'API')}
    ${live('data', dataPart(platform), 'Data')}
  </div>`
  }
  <div class="halves uneven">
    <section class="card stack long-table" aria-label="Customers">
      <div class="spread"><h2>Customers</h2>${findForm('/', find, {
        model: all.length > 1 ? platform.pricingModelId : undefined,
        label: 'Find a customer or an ID',
        hint: 'Name, email or any ID',
      })}</div>
      <div class="stack" id="customers" data-live>${customersPart(platform, customer, find)}</div>
    </section>
    <div class="stack">
      ${live('detail', customer ? customerPart(platform, customer) : overviewPart(platform), 'Details')}
      ${customer && testControls && customerControls(platform, customer)}
    </div>
  </div>
  <div class="halves feed">
    ${live('requests', requestsPart(platform, requestLog), 'API requests')}
    ${live('ledger', ledgerPart(platform, customer), 'Ledger entries')}
    ${live('usage', usagePart(platform, customer), 'Usage events')}
    ${live('checkouts', checkoutsPart(platform, customer), 'Checkout sessions')}
    ${live('webhooks', webhooksPart(platform, customer), 'Webhook events')}
  </div>
</main>`
}

/**
 * Returns the controls for one customer. The form that grants credits isn't live, because an update would discard the
 * user's input.
 */
const customerControls = (platform: Platform, customer: Customer): Html =>
  html`<section class="card stack" aria-label="Customer"><h2>Customer</h2>
${grantForm(platform, customer)}
<div class="stack" id="next-payment" data-live>${nextPaymentPart(platform, customer)}</div>
</section>`
