const currentStatuses = new Set(['active', 'past_due', 'trialing', 'cancellation_scheduled', 'unpaid'])

/** Returns whether a subscription is one of its customer's current subscriptions. */
export const isCurrent = (subscription: { status: string; cancellationReason: string | null }): boolean =>
  currentStatuses.has(subscription.status) && subscription.cancellationReason !== 'upgraded_to_paid'
