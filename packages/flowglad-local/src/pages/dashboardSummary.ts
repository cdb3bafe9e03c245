import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Platform } from '../platform/Platform.ts'
import { count, day, moment, money } from './format.ts'
import { type Html, html } from './html.ts'
import { addressOf, dashboardAddress } from './organizationParts.ts'
import { priceText, table } from './parts.ts'

const hourMs = 60 * 60 * 1000

export function clockPart(platform: Platform, customer: Customer | undefined, testControls: boolean): Html {
  const now = platform.clock.now()
  const ahead = platform.clock.offsetMs
  const next = nextRenewal(platform, customer)
  const steps: [string, number][] = [
    ['+1 hour', hourMs],
    ['+1 day', 24 * hourMs],
    ['+1 week', 7 * 24 * hourMs],
  ]
  if (next !== null && next > now)
    steps.push([`To ${customer ? "this customer's" : 'the'} next renewal`, next - now + 1000])
  return html`<div class="spread"><h2>Clock</h2><span class="small soft">${ahead > 0 ? `${(ahead / (24 * hourMs)).toFixed(1)} days ahead` : 'Same as this machine'}</span></div>
<p class="time" data-now>${moment(now)}</p>
${
  testControls
    ? html`<form method="post" action="/clock" class="row">
  <input type="hidden" name="back" value="${customer ? addressOf(customer) : dashboardAddress(platform)}">
  ${steps.map(([label, ms]) => html`<button class="small" name="ms" value="${ms}">${label}</button>`)}
</form>
<p class="small soft">Moving the clock runs renewals, expirations, scheduled changes and payment retries.${next !== null && ` Next renewal ${day(next)}.`}</p>`
    : html`<p class="small soft">Test controls are off, so you can't move the clock.</p>`
}`
}

function nextRenewal(platform: Platform, customer: Customer | undefined): number | null {
  if (!customer) return platform.db.subscriptions.lowest('renewsAt')?.currentBillingPeriodEnd ?? null
  const renewals = currentSubscriptions(platform, customer.id).flatMap((s) => s.currentBillingPeriodEnd ?? [])
  return renewals.length > 0 ? Math.min(...renewals) : null
}

export function connectionPart(platform: Platform, key: string): Html {
  const shown = key.startsWith('sk_test') ? key : `${key.slice(0, 4)}…`
  return html`<div class="spread"><h2>Connect</h2><span class="small soft">Works with every Flowglad SDK</span></div>
<pre class="mono" id="environment" tabindex="0">FLOWGLAD_BASE_URL=${platform.url}
FLOWGLAD_SECRET_KEY=${shown}</pre>
<p class="small soft">In the hosted checkout, pay with card number <span class="mono">4242 4242 4242 4242</span>.</p>`
}

export function overviewPart({ db }: Platform): Html {
  const models = [...db.pricingModels.all()].filter((model) => model.isDefault)
  return html`${models.map(
    (
      model,
    ) => html`<div class="spread"><h2>${model.name}</h2><span class="small soft">Pricing model</span></div>
${table(
  ['Product', 'Price', 'Slug'],
  db.products
    .by('model', model.id)
    .filter((product) => product.active)
    .flatMap((product) =>
      db.prices
        .by('product', product.id)
        .filter((price) => price.active)
        .map(
          (
            price,
          ) => html`<tr><td>${product.name} ${product.default && html`<span class="badge plain">Default</span>`}</td>
<td>${price.unitPrice === 0 ? 'Free' : priceText(price)}</td><td class="mono">${price.slug}</td></tr>`,
        ),
    ),
  'No products.',
  'Products',
)}
${table(
  ['Meter', 'Price', 'Slug'],
  db.usageMeters.by('model', model.id).flatMap((meter) =>
    db.prices
      .by('meter', meter.id)
      .filter((price) => price.active && price.isDefault)
      .map(
        (price) => html`<tr><td>${meter.name}</td>
<td>${price.unitPrice === 0 ? html`<span class="soft">No charge</span>` : `${money(price.unitPrice)} per ${count(price.usageEventsPerUnit ?? 1)}`}</td>
<td class="mono">${price.slug}</td></tr>`,
      ),
  ),
  'No meters.',
  'Meters',
)}`,
  )}
<p class="small soft">Select a customer to see subscriptions, balances and payments.</p>`
}
