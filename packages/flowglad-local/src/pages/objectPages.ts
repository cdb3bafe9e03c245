import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Base } from '../database/records/base.ts'
import { findIn, type Organizations } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { moment } from './format.ts'
import { type Html, html } from './html.ts'
import { copyButton, jsonBlock } from './json.ts'
import { liveBadge, sendPage, testModeBar } from './layout.ts'
import { kindOf, type Related, relatedShown } from './objectKinds.ts'
import { addressOf, dashboardAddress } from './organizationParts.ts'
import { badge, live } from './parts.ts'

/** Adds a page for each object. The page shows the object's JSON and the objects that refer to it. */
export function objectPages(app: FastifyInstance, organizations: Organizations): void {
  app.get<{ Params: { id: string } }>('/objects/:id', (request, reply) => {
    const { id } = request.params
    const kind = kindOf(id)
    const found = kind && findIn(organizations, (db) => kind.find(db, id))
    if (!found)
      return sendPage(reply, {
        title: 'Object not found',
        status: 404,
        layout: 'narrow',
        body: html`${testModeBar()}<main class="single stack"><h1>Object not found</h1>
<p>No object has the ID <span class="mono breakable">${id}</span>.</p><p><a href="/">Go to the dashboard</a></p></main>`,
      })
    const { platform, record } = found
    if (id.startsWith('msg_')) return reply.redirect(`/webhooks/${id}`, 303)
    return sendPage(reply, {
      title: `${kind.noun} ${id} · flowglad-local`,
      layout: 'wide',
      script: '/assets/dashboard.js',
      body: objectPage(platform, record, {
        noun: kind.noun,
        related: kind.related?.(platform.db, id) ?? [],
      }),
    })
  })
}

function objectPage(
  platform: Platform,
  record: Base,
  { noun, related }: { noun: string; related: readonly Related[] },
): Html {
  const customer = platform.db.customers.find(record.id)
  const shown = related.filter(({ objects }) => objects.length > 0)
  return html`${testModeBar(html`<span class="right row">${liveBadge}<a href="${dashboardAddress(platform)}">Dashboard</a></span>`)}
<main class="stack">
  <div class="tight">
    <h1>${noun}</h1>
    <p class="row"><span class="mono breakable whole">${record.id}</span> ${copyButton(record.id, 'the ID')}</p>
    <p class="small soft">Created ${moment(record.createdAt)}${record.updatedAt !== record.createdAt && ` · Updated ${moment(record.updatedAt)}`}</p>
    ${customer && !customer.archived && html`<p><a href="${addressOf(customer)}">Show this customer on the dashboard</a></p>`}
  </div>
  <div class="halves uneven">
    ${live('record', jsonBlock('json', 'JSON', publicFields(record)), 'JSON')}
    ${live('related', relatedPart(shown), 'Related objects')}
  </div>
</main>`
}

/** Returns the record without its private fields, such as a webhook's secret. */
const publicFields = (record: Base) =>
  Object.fromEntries(Object.entries(record).filter(([field]) => field !== 'internal'))

function relatedPart(related: readonly Related[]): Html {
  if (related.length === 0)
    return html`<h2>Related objects</h2><p class="empty">No other objects refer to this one. The IDs in the JSON are links.</p>`
  return html`<h2>Related objects</h2>
${related.map(
  ({ label, objects }) => html`<div class="tight">
<h3>${label}${objects.length > relatedShown && html` <span class="soft small">The newest ${relatedShown}</span>`}</h3>
<ul class="cards small">${objects
    .slice(0, relatedShown)
    .map(
      (object) =>
        html`<li><span>${summaryOf(object)}<br><a class="mono breakable" href="/objects/${object.id}">${object.id}</a></span> ${stateOf(object)}</li>`,
    )}</ul></div>`,
)}`
}

const text = z.string().min(1)
const named = z.union([
  z.object({ name: text }).transform(({ name }) => name),
  z.object({ invoiceNumber: text }).transform(({ invoiceNumber }) => invoiceNumber),
  z.object({ transactionId: text }).transform(({ transactionId }) => transactionId),
  z.object({ description: text }).transform(({ description }) => description),
  z.object({ type: text }).transform(({ type }) => type),
])
const stated = z.union([
  z.object({ status: text }).transform(({ status }) => status),
  z.object({ state: text }).transform(({ state }) => state),
])

/** Returns an object's most descriptive text, or its creation time if it has none. */
const summaryOf = (object: Base): string => named.safeParse(object).data ?? moment(object.createdAt)

function stateOf(object: Base): Html | false {
  const state = stated.safeParse(object).data
  return state !== undefined && badge(state)
}
