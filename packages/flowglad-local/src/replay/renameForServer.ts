import { z } from 'zod'
import { decode } from './createRedactor.ts'
import { mapStrings } from './mapStrings.ts'
import type { Step } from './transcript.ts'

const event = z.object({ transactionId: z.string() })
const named = z.union([
  z.object({ customer: z.object({ externalId: z.string() }) }).transform((r) => [r.customer.externalId]),
  z.object({ usageEvent: event }).transform((r) => [r.usageEvent.transactionId]),
  z.object({ usageEvents: z.array(event) }).transform((r) => r.usageEvents.map((e) => e.transactionId)),
])

/**
 * Adds a suffix to the conversation's external IDs and transaction IDs, because a running server might
 * already have records with these IDs.
 */
export function renameForServer(steps: readonly Step[], suffix: string): Step[] {
  const names = new Set(steps.flatMap(({ request }) => named.safeParse(request).data ?? []).filter(Boolean))
  const rename = (text: string) => (names.has(text) ? text + suffix : text)
  return steps.map((step) => ({
    ...step,
    path: step.path.replaceAll(/[^/?&=]+/g, (part) => (names.has(decode(part)) ? part + suffix : part)),
    request: mapStrings(step.request, rename),
    response: mapStrings(step.response, rename),
  }))
}
