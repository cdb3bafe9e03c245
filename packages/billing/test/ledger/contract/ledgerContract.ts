import { badInput } from './badInput.ts'
import { growth } from './growth.ts'
import { guarantees } from './guarantees.ts'
import { holds } from './holds.ts'
import { keys } from './keys.ts'
import { lease } from './lease.ts'
import type { OpenLedger } from './openLedger.ts'
import { limits, unlimited } from './unlimited.ts'

/** What every store keeps. */
export function ledgerContract(open: OpenLedger): void {
  for (const part of [guarantees, holds, keys, lease, unlimited, limits, badInput, growth]) part(open)
}
