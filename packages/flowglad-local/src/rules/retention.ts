const dayMs = 24 * 60 * 60 * 1000

/** How long an unfinished checkout session is stored after its creation, as on the platform. */
export const unfinishedCheckoutKeptMs = 14 * dayMs

/**
 * How long an event that won't be sent again is stored after its last change. Svix stores payloads for the
 * same time.
 */
export const endedEventKeptMs = 90 * dayMs
