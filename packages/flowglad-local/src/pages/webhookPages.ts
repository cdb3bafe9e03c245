import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { WebhookAttempt, WebhookDelivery } from '../database/records/webhooks.ts'
import { findIn, type Organization } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import type { WebhookSender } from '../webhooks/createWebhookSender.ts'
import { moment } from './format.ts'
import { type Html, html } from './html.ts'
import { copyButton, jsonBlock } from './json.ts'
import { liveBadge, sendPage, testModeBar } from './layout.ts'
import { addressOf, dashboardAddress } from './organizationParts.ts'
import { badge, live, nameOf, table } from './parts.ts'

export const webhookAddress = ({ id }: WebhookDelivery) => `/webhooks/${id}`

/** The maximum time that the response to a resend waits for the result. */
const resultWithinMs = 2000

/** Adds a page for each event. The page lists the event's attempts and can resend the event. */
export function webhookPages(
  app: FastifyInstance,
  organizations: ReadonlyMap<string, Organization & { webhooks: WebhookSender }>,
  { testControls }: { testControls: boolean },
): void {
  interface Params {
    Params: { id: string }
  }
  const find = (id: string) => findIn(organizations, (db) => db.webhookDeliveries.find(id))

  app.get<Params>('/webhooks/:id', (request, reply) => {
    const found = find(request.params.id)
    if (!found)
      return sendPage(reply, {
        title: 'Event not found',
        status: 404,
        layout: 'narrow',
        body: html`${testModeBar()}<main class="single stack"><h1>Event not found</h1><p><a href="/">Go to the dashboard</a></p></main>`,
      })
    const { organization, record: delivery } = found
    return sendPage(reply, {
      title: `${delivery.type} · flowglad-local`,
      layout: 'narrow',
      script: '/assets/dashboard.js',
      body: webhookPage(organization.platform, delivery, { webhooks: organization.webhooks, testControls }),
    })
  })

  app.post<Params>('/webhooks/:id/resend', async (request, reply) => {
    const found = find(request.params.id)
    if (!found) return reply.redirect('/', 303)
    const { organization, record: delivery } = found
    // Wait for the result, so that the page shows the result even without JavaScript.
    await Promise.race([organization.webhooks.resend(delivery), sleep(resultWithinMs)])
    return reply.redirect(webhookAddress(delivery), 303)
  })
}

function webhookPage(
  platform: Platform,
  delivery: WebhookDelivery,
  { webhooks, testControls }: { webhooks: WebhookSender; testControls: boolean },
): Html {
  const { db } = platform
  const attempts = db.webhookAttempts.by('delivery', delivery.id).toReversed()
  return html`${testModeBar(html`<span class="right row">${liveBadge}<a href="${dashboardAddress(platform)}">Dashboard</a></span>`)}
<main class="stack">
  <h1 class="breakable">${delivery.type}</h1>
  <div class="columns">
    ${live('delivery', deliveryPart(platform, delivery, { webhooks, testControls }), 'Delivery')}
    <section class="card stack" aria-label="Payload">
      ${jsonBlock('payload', 'Payload', JSON.parse(delivery.payload))}
    </section>
  </div>
  ${live('attempts', attemptsPart(attempts), 'Attempts')}
</main>`
}

/** The part of a delivery's body that identifies the customer (see `announce`). */
const about = z.object({ customer: z.object({ id: z.string() }) })

export const customerOf = ({ db }: Platform, { payload }: WebhookDelivery) =>
  db.customers.get(about.parse(JSON.parse(payload)).customer.id)

function deliveryPart(
  platform: Platform,
  delivery: WebhookDelivery,
  { webhooks, testControls }: { webhooks: WebhookSender; testControls: boolean },
): Html {
  const now = platform.clock.now()
  const customer = customerOf(platform, delivery)
  const waitMs = delivery.nextAttemptAt - now
  const waits = delivery.state === 'pending' && waitMs > 0
  const obstacle = resendObstacle(webhooks, delivery)
  const buttons: Html[] = []
  if (obstacle === null)
    buttons.push(
      html`<form method="post" action="${webhookAddress(delivery)}/resend"><button class="small">Resend</button></form>`,
    )
  if (waits && testControls)
    buttons.push(html`<form method="post" action="/clock">
  <input type="hidden" name="back" value="${webhookAddress(delivery)}">
  <button class="small" name="ms" value="${waitMs}">Move the clock to the next attempt</button>
</form>`)
  const facts: [string, Html | string][] = [
    ['Customer', html`<a href="${addressOf(customer)}">${nameOf(customer)}</a>`],
    ['Sent to', webhooks.targetOf(delivery)?.url ?? 'No receiver'],
    ['Created', moment(delivery.createdAt)],
    ['Next attempt', delivery.state !== 'pending' ? 'None' : waits ? moment(delivery.nextAttemptAt) : 'Now'],
    [
      'Event ID',
      html`<span class="row"><span class="mono breakable whole">${delivery.id}</span> ${copyButton(delivery.id, 'the event ID')}</span>`,
    ],
  ]
  return html`<div class="spread"><h2>Delivery</h2>${badge(delivery.state)}</div>
<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
${buttons.length > 0 && html`<div class="row">${buttons}</div>`}
${obstacle !== null && html`<p class="small soft">You can't resend this event, because ${obstacle}</p>`}
${waits && !testControls && html`<p class="small soft">Test controls are off, so you can't move the clock to the next attempt.</p>`}
<p class="small soft">Clock: <span data-now>${moment(now)}</span></p>`
}

/** Returns the reason why an event can't be resent, or null if the event can be resent. */
function resendObstacle(webhooks: WebhookSender, delivery: WebhookDelivery): Html | null {
  if (webhooks.targetOf(delivery) === null)
    return html`it has no receiver. Start the server with <span class="mono option">--webhook-url</span> to add one. A webhook that is created through the API gets only later events.`
  if (webhooks.isDisabled(delivery))
    return html`its webhook is disabled. To enable it, update the webhook <span class="mono">${delivery.webhookId}</span> through the API with <span class="mono option">active: true</span>.`
  return null
}

const attemptsPart = (attempts: readonly WebhookAttempt[]): Html => html`<h2>Attempts</h2>
${table(
  ['When', 'Response', 'Sent to', 'Reason'],
  attempts.map(
    ({ createdAt, url, status, error, isResend }) => html`<tr><td class="when">${moment(createdAt)}</td>
<td class="${error === null ? 'positive' : 'negative'}">${error ?? `HTTP ${status}`}</td>
<td class="mono wide breakable">${url}</td><td>${isResend ? 'Resend' : 'Schedule'}</td></tr>`,
  ),
  'No attempts yet.',
  'Attempts',
)}
<p class="small soft">A failed event is retried 5 seconds, 5 minutes, 30 minutes, 2 hours, 5 hours, 10 hours and 10 hours after the previous attempt. A failed resend doesn't change this schedule.</p>`
