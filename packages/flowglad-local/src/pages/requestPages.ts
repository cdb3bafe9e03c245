import type { FastifyInstance } from 'fastify'
import type { Fault } from '../platform/conditions.ts'
import { type Organizations, ofModel } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import type { LoggedRequest, RequestLog } from '../platform/requestLog.ts'
import { count, instant, moment } from './format.ts'
import { type Html, html } from './html.ts'
import { bodyBlock, copyButton } from './json.ts'
import { sendPage, testModeBar } from './layout.ts'
import { dashboardAddress } from './organizationParts.ts'
import { rowsShown, table } from './parts.ts'

/** Adds a page for each logged API request, which shows both bodies. */
export function requestPages(app: FastifyInstance, organizations: Organizations, log: RequestLog): void {
  app.get<{ Params: { id: string } }>('/requests/:id', (request, reply) => {
    const logged = log.find(request.params.id)
    if (!logged)
      return sendPage(reply, {
        title: 'Request not found',
        status: 404,
        layout: 'narrow',
        body: html`${testModeBar()}<main class="single stack"><h1>Request not found</h1>
<p>The log contains only the newest requests since the server started.</p><p><a href="/">Go to the dashboard</a></p></main>`,
      })
    const { platform } = ofModel(organizations, logged.pricingModelId ?? undefined)
    return sendPage(reply, {
      title: `${logged.method} ${logged.url} · flowglad-local`,
      layout: 'wide',
      script: '/assets/dashboard.js',
      body: requestPage(platform, logged),
    })
  })
}

const outcomes = {
  none: null,
  down: 'The API was set to “Down”. The connection was closed, and the call had no effect.',
  error: 'The API was set to “Error 500”. The call had no effect.',
  lost: 'The API was set to “Lost answers”. The call took effect, but the connection was closed before the answer.',
} as const satisfies Record<Fault, string | null>

function requestPage(platform: Platform, logged: LoggedRequest): Html {
  const facts: [string, Html | string][] = [
    ['Status', statusText(logged)],
    ['Duration', duration(logged)],
    ['Time', moment(logged.at)],
    [
      'Request ID',
      html`<span class="row"><span class="mono whole">${logged.id}</span> ${copyButton(logged.id, 'the request ID')}</span>`,
    ],
  ]
  if (logged.pricingModelId === null) facts.push(['API key', 'Missing or unknown'])
  return html`${testModeBar(html`<span class="right"><a href="${dashboardAddress(platform)}">Dashboard</a></span>`)}
<main class="stack">
  <h1 class="breakable">${logged.method} <span class="mono">${logged.url}</span></h1>
  ${outcomes[logged.fault] !== null && html`<p class="note warn">${outcomes[logged.fault]}</p>`}
  <section class="card" aria-label="Facts"><dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>
  <div class="halves">
    <section class="card stack" aria-label="Request body">${bodyBlock('request', 'Request body', logged.request)}</section>
    <section class="card stack" aria-label="Response body">${bodyBlock('response', 'Response body', logged.response)}</section>
  </div>
  <p class="small soft">API keys and other secrets are shown as “…”.</p>
</main>`
}

const statusText = ({ status }: LoggedRequest): string => (status === null ? 'No answer' : String(status))

const duration = ({ durationMs }: LoggedRequest): string =>
  `${durationMs < 10 ? durationMs.toFixed(1) : count(Math.round(durationMs))} ms`

export function requestsPart({ pricingModelId }: Platform, log: RequestLog): Html {
  const requests = log.newest(pricingModelId)
  return html`<div class="spread"><h2>API requests</h2><span class="small soft">The newest ${rowsShown}, in memory only. Secrets are masked</span></div>
${table(
  ['When (UTC)', 'Request', { number: 'Status' }, { number: 'Duration' }],
  requests.slice(0, rowsShown).map(
    (logged) => html`<tr><td class="when">${instant(logged.at)}</td>
<td class="mono lead long"><a href="/requests/${logged.id}">${logged.method} ${logged.url.replace(/^\/api\/v1/, '')}</a></td>
<td class="number ${logged.status === null || logged.status >= 400 ? 'negative' : ''}">${statusText(logged)}</td>
<td class="number">${duration(logged)}</td></tr>`,
  ),
  'No requests yet. Set the two variables under “Connect” in your app.',
  'API requests',
)}`
}
