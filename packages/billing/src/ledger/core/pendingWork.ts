import type { Hold, UndeliveredEvent } from '../reads.ts'
import type { EventRow, HoldRow } from './rows.ts'

/** Returns an open hold as operators see it. */
export function holdOf({
  attempt,
  procedure,
  subscription,
  legs,
  counted,
  startedAt,
  expiresAt,
}: HoldRow): Hold {
  return {
    attempt,
    procedure,
    subscription,
    legs: legs.map(({ meter, amount }) => ({ meter, amount })),
    counted: counted?.legs ?? [],
    startedAt,
    expiresAt,
  }
}

/** Returns an undelivered event as operators see it. */
export function undeliveredEventOf(event: EventRow): UndeliveredEvent {
  const { attempt, meter, amount, procedure, at, state, reason, retryAt } = event
  if (state === 'acked' || state === 'dropped') throw new Error(`The event ${attempt} is not pending`)
  return { attempt, meter, amount, procedure, at, state, reason, retryAt }
}
