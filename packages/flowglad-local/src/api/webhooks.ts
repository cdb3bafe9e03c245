import { z } from 'zod'
import type { Webhook } from '../database/records/webhooks.ts'
import { newRecord } from '../platform/Platform.ts'
import { rejected, rejectedResult } from '../platform/problems.ts'
import { eventTypes } from '../webhooks/announce.ts'
import { createWebhookSecret } from '../webhooks/webhookSecret.ts'
import { defined } from './defined.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

// The fields are in the platform's order, because validation errors follow that order.
const where = {
  filterTypes: z.array(z.enum(eventTypes)),
  url: z.url({ protocol: /^https?$/ }),
}
const createInput = z.object({
  webhook: z.object({
    ...where,
    name: z.string(),
    active: z.boolean().default(true),
    pricingModelId: z.string(),
  }),
})
const updateInput = z.object({
  webhook: z.object({
    id: z.string(),
    ...where,
    name: z.string().optional(),
    active: z.boolean().optional(),
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
    const { pricingModelId } = body.webhook
    if (!db.pricingModels.find(pricingModelId))
      throw rejectedResult('NotFoundError', `No pricing models found with id: ${pricingModelId}`)
    if (pricingModelId !== platform.pricingModelId)
      throw rejected(
        'Failed to insert item into webhooks: Failed to insert items into webhooks: new row violates row-level security policy "Enforce pricing model scope (webhooks)" for table "webhooks"',
      )
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
    const webhook = visible(platform, webhooks).find(params.id)
    if (!webhook) throw rejected(`No webhooks found with id: ${params.id}`)
    const { id: _, ...changes } = body.webhook
    return { webhook: presentWebhook(webhooks.patch(webhook.id, { ...defined(changes), updatedAt: now })) }
  })
}
