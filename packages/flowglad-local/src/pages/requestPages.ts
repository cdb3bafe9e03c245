import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Fault } from '../platform/conditions.ts'
import { type Organizations, ofModel } from '../platform/organizations.ts'
import type { Platform } from '../platform/Platform.ts'
import { type LoggedRequest, maxRequests, type RequestLog } from '../platform/requestLog.ts'
import { count, instant, moment } from './format.ts'
import { type Html, html } from './html.ts'
import { bodyBlock, copyButton } from './json.ts'
import { liveBadge, sendPage, testModeBar } from './layout.ts'
import { dashboardAddress } from './organizationParts.ts'
import { cut, findForm, live, rowsShown, table } from './parts.ts'

const query = z.object({ model: z.string().optional().catch(undefined), find: z.string().catch('') })

/** Adds a page that lists all logged API requests, and a page that shows a request's body and its response's body. */
export function requestPages(app: FastifyInstance, organizations: Organizations, log: RequestLog): void {
  app.get('/requests', (request, reply) => {
    const { model, find } = query.parse(request.query)
    return sendPage(reply, {
      title: 'API requests · flowglad-local',
      layout: 'wide',
      script: '/assets/dashboard.js',
      body: requestsPage(ofModel(organizations, model).platform, log, find),
    })
  })

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

function requestsPage(platform: Platform, log: RequestLog, find: string): Html {
  const wanted = find.trim().toLowerCase()
  const texts = ({ id, method, url, status, request, response }: LoggedRequest) => [
    id,
    `${method} ${url}`,
    statusText({ status }),
    request.text,
    response.text,
  ]
  const found = log
    .newest(platform.pricingModelId)
    .filter((logged) => texts(logged).some((text) => text.toLowerCase().includes(wanted)))
  return html`${testModeBar(html`<span class="right row">${liveBadge}<a href="${dashboardAddress(platform)}">Dashboard</a></span>`)}
<main class="stack">
  <div class="spread"><h1>API requests</h1>${findForm('/requests', find, {
    model: platform.pricingModelId,
    label: 'Find requests',
    hint: 'Path, status or body',
  })}</div>
  <div class="feed">${live('requests', requestTable(found, find === '' ? noRequests : `No request matches “${find}”.`), 'API requests')}</div>
  <p class="small soft">The log is in memory and starts with the server. It keeps the last ${maxRequests} requests of all API keys. API keys and other secrets are shown as “…”.</p>
</main>`
}

const outcomes = {
  none: null,
  down: 'The API was set to “Down”. The connection was closed, and the call had no effect.',
  error: 'The API was set to “Error 500”. The call had no effect.',
  lost: 'The API was set to “Lost responses”. The call took effect, but the connection was closed before the response.',
} as const satisfies Record<Fault, string | null>

function requestPage(platform: Platform, logged: LoggedRequest): Html {
  // A query can contain a long cursor, so the query is in the list of facts instead of the heading.
  const [path, query] = logged.url.split(/\?(.*)/s)
  const facts: [string, Html | string][] = [
    ...(query ? [['Query', html`<span class="mono">${query}</span>`] satisfies [string, Html]] : []),
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
  <h1 class="breakable">${logged.method} <span class="mono">${path}</span></h1>
  ${outcomes[logged.fault] !== null && html`<p class="note warn">${outcomes[logged.fault]}</p>`}
  <section class="card" aria-label="Facts"><dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>
  <div class="halves uneven">
    <section class="card stack" aria-label="Request body">${bodyBlock('request', 'Request body', logged.request)}</section>
    <section class="card stack" aria-label="Response body">${bodyBlock('response', 'Response body', logged.response)}</section>
  </div>
  <p class="small soft">API keys and other secrets are shown as “…”.</p>
</main>`
}

const statusText = ({ status }: Pick<LoggedRequest, 'status'>): string =>
  status === null ? 'No response' : String(status)

const duration = ({ durationMs }: LoggedRequest): string =>
  `${durationMs < 10 ? durationMs.toFixed(1) : count(Math.round(durationMs))} ms`

const noRequests = 'No requests yet. Set the two variables under “Connect” in your app.'

/** Returns the newest requests for the dashboard. */
export function requestsPart(platform: Platform, log: RequestLog): Html {
  const requests = log.newest(platform.pricingModelId)
  return html`<div class="spread"><h2>API requests</h2><a class="small" href="/requests?model=${platform.pricingModelId}">All requests</a></div>
${requestTable(requests.slice(0, rowsShown), noRequests)}`
}

const requestTable = (requests: readonly LoggedRequest[], empty: string): Html =>
  table(
    ['When (UTC)', 'Request', { number: 'Status' }, { number: 'Duration' }],
    requests.map(
      (logged) => html`<tr><td class="when">${instant(logged.at)}</td>
${cut(`${logged.method} ${logged.url.replace(/^\/api\/v1/, '')}`, 'mono lead', `/requests/${logged.id}`)}
<td class="number ${logged.status === null || logged.status >= 400 ? 'negative' : ''}">${statusText(logged)}</td>
<td class="number">${duration(logged)}</td></tr>`,
    ),
    empty,
    'API requests',
  )
