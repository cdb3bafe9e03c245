import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Advance, Platform } from '../platform.ts'
import { dashboardPage } from './dashboardPage.ts'
import { sendPage } from './layout.ts'

const query = z.object({ customer: z.string().optional() })
const move = z.object({
  ms: z.coerce
    .number()
    .int()
    .positive()
    .max(366 * 86_400_000),
  customer: z.string().default(''),
})

/** How often open dashboards are told that something changed. */
const liveIntervalMs = 400

/**
 * The page at `/`: everything that stands in the books, as it changes. It is rendered here; its script only asks for
 * it again when the books' version has moved.
 */
export function dashboardPages(
  app: FastifyInstance,
  platform: Platform,
  { advance, testControls, key }: { advance: Advance; testControls: boolean; key: string },
): void {
  app.get('/', (request, reply) => {
    const { customer } = query.catch({}).parse(request.query)
    return sendPage(reply, {
      title: 'flowglad-local',
      layout: 'wide',
      script: '/assets/dashboard.js',
      body: dashboardPage(platform, { selected: customer ?? null, testControls, key }),
    })
  })

  app.get('/assets/dashboard.js', (_request, reply) => reply.type('text/javascript').send(script))

  if (testControls) {
    app.post('/clock', (request, reply) => {
      const parsed = move.safeParse(request.body)
      if (parsed.success) advance(parsed.data.ms)
      const customer = parsed.success ? parsed.data.customer : ''
      return reply.redirect(customer ? `/?customer=${encodeURIComponent(customer)}` : '/', 303)
    })
  }

  app.get('/live', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    let told = -1
    const tell = () => {
      if (platform.books.version === told) return
      told = platform.books.version
      reply.raw.write(`data: ${told}\n\n`)
    }
    tell()
    const timer = setInterval(tell, liveIntervalMs)
    timer.unref()
    request.raw.once('close', () => clearInterval(timer))
  })
}

/** Runs in the browser. Parts are replaced one by one, and only when they differ; what was scrolled stays scrolled. */
const script = `
const shown = document.querySelector('[data-live-state]')
const refresh = async () => {
  const answer = await fetch(location.href)
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id)
    if (!next || next.innerHTML === part.innerHTML) continue
    const scrolled = [...part.querySelectorAll('.scroll')].map((box) => box.scrollTop)
    part.innerHTML = next.innerHTML
    part.querySelectorAll('.scroll').forEach((box, i) => { box.scrollTop = scrolled[i] ?? 0 })
  }
}
let version
const live = new EventSource('/live')
live.onmessage = ({ data }) => {
  shown.textContent = 'Live'
  if (version !== undefined && version !== data) refresh()
  version = data
}
live.onerror = () => { shown.textContent = 'Server away' }
`
