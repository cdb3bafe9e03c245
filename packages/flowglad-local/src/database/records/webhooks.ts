import type { Base } from './base.ts'

/** Where events go that an application asked for through the API. */
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
  /** The webhook it goes to; null is the receiver that the server was started with. */
  webhookId: string | null
  type: string
  payload: string
  /** `kept` when there was nobody to send it to. */
  state: 'kept' | 'pending' | 'delivered' | 'failed'
  attempts: number
  nextAttemptAt: number
  lastStatus: number | null
  lastError: string | null
}
