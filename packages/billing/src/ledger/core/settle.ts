import type { Settle, SettleAnswer } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { completedByAnother } from './answerRetry.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'
import { completeKey } from './writeKey.ts'

/**
 * Turns the hold of successful work into usage events for the actual amounts, and stores the result under the key.
 *
 * Books every leg that isn't booked yet, even after expiry and without the hold's row, because known spend is never released. If another
 * attempt completed the key first, this attempt is free.
 */
export function settle(draft: Draft, command: Settle, settings: LedgerSettings): SettleAnswer {
  const hold = draft.hold(command.attempt)
  const completed = completedByAnother(draft, command)
  if (completed) {
    if (hold) endHold(draft, hold, 'released', settings)
    return { state: 'completed', result: completed.result }
  }

  const subscription = hold?.subscription ?? command.subscription
  for (const leg of command.legs) bookUsage(draft, { ...command, ...leg, subscription }, hold)
  if (hold) endHold(draft, hold, 'settled', settings)
  completeKey(draft, command, settings)
  return { state: 'settled' }
}
