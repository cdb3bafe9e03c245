import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { firstOf, type Organizations, ofModel } from '../platform/organizations.ts'
import type { Advance } from '../platform/Platform.ts'
import { dashboardPage } from './dashboardPage.ts'
import { moment } from './format.ts'
import { sendPage } from './layout.ts'

const query = z.object({
  model: z.string().optional().catch(undefined),
  customer: z.string().optional().catch(undefined),
  find: z.string().catch(''),
})
const move = z.object({
  ms: z.coerce
    .number()
    .int()
    .positive()
    .max(366 * 86_400_000),
  back: z
    .string()
    .regex(/^\/(?![/\\])/)
    .default('/'),
})

/** The interval at which open dashboards are notified of changes. */
const liveIntervalMs = 400

/**
 * Adds the dashboard at `/`, which shows live data. The server renders the page. A script fetches the page
 * again when the database's version changes.
 */
export function dashboardPages(
  app: FastifyInstance,
  organizations: Organizations,
  { advance, testControls }: { advance: Advance; testControls: boolean },
): void {
  app.get('/', (request, reply) => {
    const { model, customer: asked, find } = query.parse(request.query)
    const { platform, key } = ofModel(organizations, model)
    const all = [...organizations.values()]
    const customer = asked === undefined ? undefined : platform.db.customers.first('externalId', asked)
    const unknown = customer ? undefined : asked
    return sendPage(reply, {
      title: customer ? `${customer.name || customer.externalId} · flowglad-local` : 'flowglad-local',
      status: unknown === undefined ? 200 : 404,
      layout: 'wide',
      script: '/assets/dashboard.js',
      body: dashboardPage(platform, { customer, unknown, find, testControls, key, all }),
    })
  })

  app.get('/assets/dashboard.js', (_request, reply) => reply.type('text/javascript').send(script))

  if (testControls) {
    app.post('/clock', (request, reply) => {
      const parsed = move.safeParse(request.body)
      if (parsed.success) advance(parsed.data.ms)
      return reply.redirect(parsed.success ? parsed.data.back : '/', 303)
    })
  }

  app.get('/live', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    let sent = { version: -1, time: '' }
    const send = () => {
      const all = [...organizations.values()].map(({ platform }) => platform)
      const version = all.reduce((sum, { db }) => sum + db.version, 0)
      const time = moment(firstOf(organizations).platform.clock.now())
      if (time !== sent.time) reply.raw.write(`event: now\ndata: ${time}\n\n`)
      if (version !== sent.version) reply.raw.write(`data: ${version}\n\n`)
      sent = { version, time }
    }
    send()
    const timer = setInterval(send, liveIntervalMs)
    timer.unref()
    request.raw.once('close', () => clearInterval(timer))
  })
}

/**
 * Runs in the browser. Replaces only the parts that changed, and keeps scroll positions and keyboard focus.
 */
const script = `
const shown = document.querySelector('[data-live-state]')
const say = (text, tone) => { shown.textContent = text; shown.className = 'badge live ' + tone }
const stops = (part) => [...part.querySelectorAll('a, button, [tabindex]')]
const replace = (part, next) => {
  const focused = document.activeElement
  const stop = stops(part).indexOf(focused)
  const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollTop)
  part.innerHTML = next.innerHTML
  part.querySelectorAll('.scroll').forEach((box, i) => { box.scrollTop = scrolled[i] ?? 0 })
  if (stop < 0) return
  const same = stops(part).find((one) => one.outerHTML === focused.outerHTML) ?? stops(part)[stop]
  same?.focus({ preventScroll: true })
}
let stale = false
let busy = false
const refresh = async () => {
  stale = true
  if (busy) return
  busy = true
  try {
    while (stale) {
      stale = false
      const answer = await fetch(location.href)
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
      // Keep the displayed time, which the 'now' event updates.
      fresh.querySelector('[data-now]').textContent = document.querySelector('[data-now]').textContent
      for (const part of document.querySelectorAll('[data-live]')) {
        const next = fresh.getElementById(part.id)
        if (next && next.innerHTML !== part.innerHTML) replace(part, next)
      }
    }
  } catch {
    // The server is unreachable. The page refreshes when the server is back.
  } finally {
    busy = false
  }
}
let version
let away = false
const live = new EventSource('/live')
live.addEventListener('now', ({ data }) => { document.querySelector('[data-now]').textContent = data })
live.onmessage = ({ data }) => {
  say('Live', 'good')
  if (away || (version !== undefined && version !== data)) refresh()
  version = data
  away = false
}
live.onerror = () => {
  say('Disconnected', 'bad')
  away = true
}
`
