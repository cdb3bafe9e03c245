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

/** An event for one receiver. */
export interface WebhookDelivery extends Base {
  pricingModelId: string
  /** The webhook to deliver to, or null for the receiver from the server's options. */
  webhookId: string | null
  type: string
  payload: string
  /** `kept` if the event had no receiver. */
  state: 'kept' | 'pending' | 'delivered' | 'failed'
  /** The number of scheduled attempts. Resends don't count. */
  attempts: number
  /** The time of the next scheduled attempt; ignored unless the state is `pending`. */
  nextAttemptAt: number
  lastStatus: number | null
  lastError: string | null
}

/** An attempt to send an event. `createdAt` is when the attempt ended. */
export interface WebhookAttempt extends Base {
  deliveryId: string
  url: string
  /** The response's status, or null if there was no response. */
  status: number | null
  /** Null if the receiver accepted the event. */
  error: string | null
  isResend: boolean
}
