/** A receiver of webhooks. */
export interface WebhookTarget {
  url: string
  /** `whsec_` followed by the base64 key. */
  secret: string
}
