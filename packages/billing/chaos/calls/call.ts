import { z } from 'zod'

/**
 * The kinds of metered work. `fixed` and `render` have a fixed cost. `counted` and `stream` count their units, and
 * are charged for the count. `failing` always fails.
 */
export const kinds = ['fixed', 'counted', 'stream', 'failing', 'render'] as const

/** One logical operation, as a caller sends it to a node. */
export const request = z.object({
  /** A unique name. Billing records it as the work's name, so that the audit finds the operation's charges. */
  operation: z.string(),
  customer: z.string(),
  kind: z.enum(kinds),
  /** The units that the work costs if it succeeds. */
  amount: z.number(),
  /** The units to reserve. At least `amount`. */
  hold: z.number(),
  workMs: z.number(),
  key: z.string().nullable(),
})
export type Request = z.infer<typeof request>

/** The outcome of one request to a node. */
export type Outcome =
  /** `attempt` identifies the attempt whose result was returned. */
  | { state: 'answered'; attempt: string }
  | { state: 'denied'; code: string }
  /** The work failed, so nothing may be charged. */
  | { state: 'failed' }
  /** The node wasn't running. */
  | { state: 'not sent' }
  /** The work may have been charged, for example because the answer was incomplete. */
  | { state: 'unknown'; reason: string }

export type Answer = Outcome & { node: number; from: number; until: number }

/** An operation and all answers to it. */
export interface Call extends Request {
  /** The time of the first request, in milliseconds since the start of the run. */
  startedAt: number
  answers: Answer[]
}

export const meterOf = ({ kind }: Pick<Request, 'kind'>) => (kind === 'render' ? 'renders' : 'units')
