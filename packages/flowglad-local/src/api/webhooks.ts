import { z } from 'zod'
import type { Webhook } from '../database/records/webhooks.ts'
import { newRecord } from '../platform/Platform.ts'
import { eventTypes } from '../webhooks/announce.ts'
import { createWebhookSecret } from '../webhooks/webhookSecret.ts'
import { defined } from './defined.ts'
import type { Route } from './route.ts'
import { rejectOtherModel, visible } from './visible.ts'

const where = {
  url: z.url({ protocol: /^https?$/ }),
  filterTypes: z.array(z.enum(eventTypes)),
}
const createInput = z.object({
  webhook: z.object({
    name: z.string(),
    pricingModelId: z.string(),
    active: z.boolean().default(true),
    ...where,
  }),
})
const updateInput = z.object({
  webhook: z.object({
    id: z.string(),
    name: z.string().optional(),
    active: z.boolean().optional(),
    ...where,
  }),
})

const presentWebhook = ({ internal: _, ...webhook }: Webhook) => webhook

/**
 * Adds the routes for webhooks that an application registers. A webhook's secret is returned only when the
 * webhook is created.
 */
export function webhookRoutes(route: Route): void {
  route('POST', '/webhooks', { body: createInput }, ({ platform, now, body }) => {
    const { db, organizationId } = platform
    rejectOtherModel(platform, body.webhook.pricingModelId)
    const secret = createWebhookSecret()
    const webhook = db.webhooks.put({
      ...newRecord('webhook', now),
      organizationId,
      ...body.webhook,
      internal: { secret },
    })
    return { webhook: presentWebhook(webhook), secret }
  })

  route('GET', '/webhooks/:id', {}, ({ platform, params }) => ({
    webhook: presentWebhook(visible(platform, platform.db.webhooks).get(params.id, 'webhooks')),
  }))

  route('PUT', '/webhooks/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { webhooks } = platform.db
    const { id } = visible(platform, webhooks).get(params.id, 'webhooks')
    const { id: _, ...changes } = body.webhook
    return { webhook: presentWebhook(webhooks.patch(id, { ...defined(changes), updatedAt: now })) }
  })
}
