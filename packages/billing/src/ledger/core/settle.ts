import type { Settle, SettleAnswer } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { bookUsage } from './bookUsage.ts'
import type { Draft } from './draft.ts'
import { endHold } from './holds.ts'
import { completedByAnother, completeKey } from './keys.ts'

/**
 * Work succeeded: hold → usage events of the actual amounts and the key's result, in one transaction. Books whatever is not booked yet,
 * also after expiry and without the hold's row, because known spend is never given away.
 */
export function settle(draft: Draft, command: Settle, settings: LedgerSettings): SettleAnswer {
  const hold = draft.hold(command.attempt)
  const first = completedByAnother(draft, command)
  if (first) {
    if (hold) endHold(draft, hold, 'released', settings)
    return { state: 'completed', result: first.result }
  }

  for (const leg of command.legs) {
    const subscription = hold?.subscription ?? command.subscription
    bookUsage(draft, { ...command, ...leg, subscription }, hold)
  }
  if (hold) endHold(draft, hold, 'settled', settings)
  completeKey(draft, command, settings)
  return { state: 'settled' }
}
