import type { SettleAnswer } from '../answers.ts'
import type { Settle } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { completedByAnother } from './answerRetry.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'
import { completeKey } from './writeKey.ts'

/**
 * Flags a charge that was booked after its hold had ended. The held units were already available again, so
 * the balance can become negative.
 */
const lateFlag = 'late'

/**
 * Books the actual amounts of successful work as usage events, and stores the result under the key.
 *
 * Known spend is never released: `settle` books every leg that isn't booked yet, even if the hold has expired
 * or its row has been removed. If another attempt under the key completed first, this attempt isn't charged.
 */
export function settle(draft: Draft, command: Settle, settings: LedgerSettings): SettleAnswer {
  const hold = draft.hold(command.attempt)
  const completed = completedByAnother(draft, command)
  if (completed) {
    if (hold) endHold(draft, hold, 'released', settings)
    return { state: 'completed', result: completed.result }
  }

  const subscription = hold?.subscription ?? command.subscription
  const late = hold?.state === 'held' ? null : lateFlag
  const booked = command.legs.map((leg) =>
    bookUsage(draft, { ...command, ...leg, subscription, flagged: leg.flagged ?? late }, hold),
  )
  if (hold) endHold(draft, hold, 'settled', settings)
  completeKey(draft, command, settings)
  return late !== null && booked.includes(true) ? { state: 'settled', isLate: true } : { state: 'settled' }
}
