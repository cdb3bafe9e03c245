const dayMs = 24 * 60 * 60 * 1000

/** How long a checkout session that no one completed is stored after its creation, as on the platform. */
export const unfinishedCheckoutKeptMs = 14 * dayMs

/** How long an event that won't be sent again is stored after its last change. Svix stores payloads as long. */
export const endedEventKeptMs = 90 * dayMs
