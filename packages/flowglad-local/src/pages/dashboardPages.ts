import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { findIn, firstOf, type Organizations, ofModel } from '../platform/organizations.ts'
import type { Advance } from '../platform/Platform.ts'
import type { RequestLog } from '../platform/requestLog.ts'
import { localPath } from './controlPages.ts'
import { dashboardPage } from './dashboardPage.ts'
import { dashboardScript } from './dashboardScript.ts'
import { moment } from './format.ts'
import { sendPage } from './layout.ts'
import { kindOf } from './objectKinds.ts'

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
  back: localPath.default('/'),
})

/** The interval at which open dashboards are notified of changes. */
const liveIntervalMs = 400

/**
 * Adds the dashboard at `/`. The server renders the page, and a script fetches it again when the data, the
 * request log or the API's conditions change.
 */
export function dashboardPages(
  app: FastifyInstance,
  organizations: Organizations,
  { advance, testControls, requestLog }: { advance: Advance; testControls: boolean; requestLog: RequestLog },
): void {
  const isObject = (text: string) => {
    const id = text.trim()
    const kind = kindOf(id)
    // Exclude a customer's ID, because the search lists the customer instead of opening the object page.
    return (
      kind !== undefined &&
      !id.startsWith('cust_') &&
      findIn(organizations, (db) => kind.find(db, id)) !== undefined
    )
  }

  app.get('/', (request, reply) => {
    const { model, customer: asked, find } = query.parse(request.query)
    const organization = ofModel(organizations, model)
    const { platform } = organization
    if (isObject(find)) return reply.redirect(`/objects/${find.trim()}`, 303)
    const all = [...organizations.values()]
    const customer = asked === undefined ? undefined : platform.db.customers.first('externalId', asked)
    const unknown = customer ? undefined : asked
    return sendPage(reply, {
      title: customer ? `${customer.name || customer.externalId} · flowglad-local` : 'flowglad-local',
      status: unknown === undefined ? 200 : 404,
      layout: 'wide',
      script: '/assets/dashboard.js',
      body: dashboardPage(organization, { customer, unknown, find, testControls, all, requestLog }),
    })
  })

  app.get('/assets/dashboard.js', (_request, reply) => reply.type('text/javascript').send(dashboardScript))

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
    let sent = { version: '', time: '' }
    const send = () => {
      const all = [...organizations.values()]
      const version = JSON.stringify([
        all.reduce((sum, { platform }) => sum + platform.db.version, requestLog.version),
        all.map(({ conditions }) => conditions),
      ])
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
