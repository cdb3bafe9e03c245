import { badInput } from './badInput.ts'
import { growth } from './growth.ts'
import { guarantees } from './guarantees.ts'
import { holds } from './holds.ts'
import { keys } from './keys.ts'
import { lane } from './lane.ts'
import type { OpenLedger } from './openLedger.ts'
import { limits, unlimited } from './unlimited.ts'

/** What every store keeps. */
export function ledgerContract(open: OpenLedger): void {
  for (const part of [guarantees, holds, keys, lane, unlimited, limits, badInput, growth]) part(open)
}
