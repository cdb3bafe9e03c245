import type { Base } from './base.ts'

/** An event receiver that an application registered through the API. */
export interface Webhook extends Base {
  organizationId: string
  pricingModelId: string
  name: string
  url: string
  filterTypes: string[]
  active: boolean
  internal: { secret: string }
}

export interface WebhookDelivery extends Base {
  /** The webhook to deliver to, or null for the receiver from the server's options. */
  webhookId: string | null
  type: string
  payload: string
  /** `kept` if the event had no receiver. */
  state: 'kept' | 'pending' | 'delivered' | 'failed'
  attempts: number
  nextAttemptAt: number
  lastStatus: number | null
  lastError: string | null
}
