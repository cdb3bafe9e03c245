import { isFailurePlanned } from '../billing/plannedFailure.ts'
import { currentSubscriptions } from '../billing/subscriptions.ts'
import type { Customer } from '../database/records/customers.ts'
import type { Fault } from '../platform/conditions.ts'
import type { Organization } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { int32Max } from '../rules/bounds.ts'
import { count } from './format.ts'
import { type Html, html } from './html.ts'
import { testModeBar } from './layout.ts'
import { dashboardAddress } from './organizationParts.ts'

const faultNames = {
  none: 'Normal',
  down: 'Down',
  error: 'Error 500',
  lost: 'Lost responses',
} as const satisfies Record<Fault, string>

const explanations = {
  none: 'Calls work normally.',
  down: 'Each connection closes before the call takes effect.',
  error: 'Each call returns status 500 and has no effect.',
  lost: 'Each call takes effect, but the connection closes before the response.',
} as const satisfies Record<Fault, string>

const latencies = [0, 200, 1000, 5000, 30_000]

const latencyText = (ms: number) => (ms === 0 ? 'None' : ms < 1000 ? `${ms} ms` : `${count(ms / 1000)} s`)

/** Returns the switches for the API's faults and latency. */
export function conditionsPart({ conditions, platform }: Organization, back: string): Html {
  const { fault, latencyMs } = conditions
  const status = fault !== 'none' ? 'Fault on' : latencyMs > 0 ? 'Delay on' : null
  const offered = latencies.includes(latencyMs) ? latencies : [...latencies, latencyMs].sort((a, b) => a - b)
  return html`<div class="spread"><h2>API</h2>${status !== null && html`<span class="badge">${status}</span>`}</div>
<form method="post" action="/conditions" class="stack">
  <input type="hidden" name="model" value="${platform.pricingModelId}">
  <input type="hidden" name="back" value="${back}">
  <div class="tight"><h3 id="faults">Responses</h3><div class="switch" role="group" aria-labelledby="faults">${Object.entries(
    faultNames,
  ).map(([value, name]) => choice('fault', value, name, value === fault))}</div></div>
  <div class="tight"><h3 id="latency">Delay before each call</h3><div class="switch" role="group" aria-labelledby="latency">${offered.map(
    (ms) => choice('latencyMs', String(ms), latencyText(ms), ms === latencyMs),
  )}</div></div>
</form>
<p class="small soft">${explanations[fault]} This affects only the API, not webhooks or these pages.</p>`
}

const choice = (name: string, value: string, label: string, isChosen: boolean): Html =>
  html`<button class="small" name="${name}" value="${value}" aria-pressed="${isChosen ? 'true' : 'false'}">${label}</button>`

/** Returns the buttons that add and delete customers. */
export function dataPart(platform: Platform): Html {
  const { db } = platform
  return html`<div class="spread"><h2>Data</h2><span class="small soft">${plural(db.customers.count(), 'customer')}, ${plural(db.usageEvents.count(), 'usage event')}</span></div>
<div class="row">
  <form method="post" action="/demo-customers">
    <input type="hidden" name="model" value="${platform.pricingModelId}">
    <button class="small">Add demo customers</button>
  </form>
  ${db.customers.count() > 0 && html`<a class="button small" href="/reset?model=${platform.pricingModelId}">Delete all customers…</a>`}
</div>
<p class="small soft">The five demo customers: a new customer, one with a partly used plan, one over the limit, one with a scheduled cancellation, and one whose card fails at the next renewal.</p>`
}

const plural = (n: number, noun: string) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`

/** Returns the page that asks for confirmation before all customers are deleted. */
export function resetPage(platform: Platform): Html {
  const customers = platform.db.customers.count()
  return html`${testModeBar()}
<main class="single">
  <form method="post" action="/reset" class="card stack">
    <h1>Delete all customers?</h1>
    <p>This will delete ${plural(customers, 'customer')} of “${platform.db.pricingModels.get(platform.pricingModelId).name}” and all of their subscriptions, usage, payments, checkouts and webhook events. You can't undo this.</p>
    <p class="soft">Prices, discounts, webhook receivers and the clock stay as they are. Your app keeps its own records.</p>
    <input type="hidden" name="model" value="${platform.pricingModelId}">
    <button class="danger full" name="demo" value="no">Delete all customers</button>
    <button class="danger full" name="demo" value="yes">Delete all customers and add demo customers</button>
    <a class="button full" href="${dashboardAddress(platform)}">Cancel</a>
  </form>
</main>`
}

/** Returns the switch for the customer's next payment. */
export function nextPaymentPart(platform: Platform, customer: Customer): Html {
  const fails = isFailurePlanned(platform, customer.id)
  return html`<form method="post" action="/customers/${customer.id}/next-payment" class="row">
  ${fails && html`<p class="note warn">The next payment will be declined.</p>`}
  <button class="small" name="fails" value="${fails ? 'no' : 'yes'}">${fails ? 'Let the next payment succeed' : 'Fail the next payment'}</button>
</form>
<p class="small soft">The next payment can be a renewal, a retry, a plan change or a checkout.</p>`
}

/** Returns the form that grants credits to the customer, or false if the customer has no plan. */
export function grantForm(platform: Platform, customer: Customer): Html | false {
  const meters = platform.db.usageMeters.by('model', customer.pricingModelId)
  if (meters.length === 0 || currentSubscriptions(platform, customer.id).length === 0) return false
  return html`<form method="post" action="/customers/${customer.id}/grant" class="stack">
  <div class="pair">
    <label>Meter <select name="meter">${meters.map(({ id, name }) => html`<option value="${id}">${name}</option>`)}</select></label>
    <label>Credits <input name="amount" type="number" min="1" max="${int32Max}" step="1" value="100" required></label>
  </div>
  <div><button class="small">Grant credits</button></div>
</form>
<p class="small soft">These credits don't expire at renewal. They end with the current plan.</p>`
}
