import type { Release } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import type { Draft } from './draft.ts'
import { endHold } from './endHold.ts'

/** Ends a failed attempt's hold and returns the held units. */
export function release(draft: Draft, command: Release, settings: LedgerSettings): { state: 'ended' } {
  const hold = draft.hold(command.attempt)
  if (hold?.state === 'held') endHold(draft, hold, 'released', settings)
  return { state: 'ended' }
}
