import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Platform } from '../platform/Platform.ts'
import { balanceBars, balanceLines } from './balances.ts'
import { day, money } from './format.ts'
import { type Html, html } from './html.ts'
import { addressOf, dashboardAddress, portalAddress } from './organizationParts.ts'
import { badge, findCustomers, howMany, nameOf, newest, table } from './parts.ts'

export function customersPart(platform: Platform, selected: Customer | undefined, find: string): Html {
  const { shown, found } = findCustomers(platform, find)
  if (selected && !shown.some(({ id }) => id === selected.id)) shown.unshift(selected)
  const rows = shown.map((customer) => {
    const [subscription] = currentSubscriptions(platform, customer.id)
    return html`<tr class="${customer.id === selected?.id ? 'selected' : ''}">
  <td class="breakable"><a href="${addressOf(customer, find)}">${nameOf(customer)}</a><br><span class="soft mono">${customer.externalId}</span></td>
  <td>${subscription ? html`${subscription.name}<br>${badge(subscription.status)}` : html`<span class="soft">No plan</span>`}</td>
  <td class="wide used">${subscription && balanceLines(platform, subscription)}</td>
</tr>`
  })
  return html`${table(
    ['Customer', 'Plan', { used: 'Used' }],
    rows,
    find === '' ? 'No customers yet. Your app creates them.' : `No customer matches “${find}”.`,
    'Customers',
  )}
${(found > 0 || find !== '') && html`<p class="small soft">${found > 0 && howMany(found)}${found > 0 && find !== '' && ` matching “${find}” · `}${find !== '' && html`<a href="${selected ? addressOf(selected) : dashboardAddress(platform)}">All customers</a>`}</p>`}`
}

export function customerPart(platform: Platform, customer: Customer): Html {
  const { db } = platform
  const subscriptions = db.subscriptions.by('customer', customer.id).reverse()
  const [current] = currentSubscriptions(platform, customer.id)
  return html`<div class="spread"><h2 class="breakable">${nameOf(customer)}</h2><span class="row small"><a href="${portalAddress(platform, customer)}">Customer portal</a> <a href="${dashboardAddress(platform)}">All customers</a></span></div>
<p class="small soft breakable">${customer.email} · <a class="mono breakable" href="/objects/${customer.id}">${customer.id}</a></p>
${current && balanceBars(platform, current)}
<h3>Subscriptions</h3>
${table(
  ['Plan', 'Status', 'Period', 'ID'],
  subscriptions.map(
    (s) => html`<tr><td>${s.name}</td><td>${badge(s.status)}</td>
<td>${s.renews ? html`${day(s.currentBillingPeriodStart)} – ${day(s.currentBillingPeriodEnd)}` : 'Never renews'}</td><td class="mono wide"><a class="breakable" href="/objects/${s.id}">${s.id}</a></td></tr>`,
  ),
  'None.',
  'Subscriptions',
)}
<h3>Payments</h3>
${table(
  ['When', 'For', 'Status', { number: 'Amount' }],
  newest(db.payments.by('customer', customer.id)).map(
    (
      payment,
    ) => html`<tr><td class="when">${day(payment.chargeDate)}</td><td class="mono"><a href="/objects/${payment.id}">${db.invoices.get(payment.invoiceId).invoiceNumber}</a></td>
<td>${badge(payment.status)}</td><td class="number">${money(payment.amount)}</td></tr>`,
  ),
  'None.',
  'Payments',
)}`
}
