/** A receiver of webhooks. */
export interface WebhookTarget {
  url: string
  /** `whsec_` followed by a base64-encoded key. */
  secret: string
}
