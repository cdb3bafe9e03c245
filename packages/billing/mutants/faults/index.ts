import type { Fault } from '../fault.ts'
import { alerts } from './alerts.ts'
import { budgets } from './budgets.ts'
import { clockSteps } from './clockSteps.ts'
import { delivery } from './delivery.ts'
import { dimensions } from './dimensions.ts'
import { holds } from './holds.ts'
import { keys } from './keys.ts'
import { metering } from './metering.ts'
import { move } from './move.ts'
import { restore } from './restore.ts'
import { sessions } from './sessions.ts'
import { snapshots } from './snapshots.ts'
import { stores } from './stores.ts'

/** All faults, grouped by the part of docs/ledger.md whose rules they break. */
export const faults: Fault[] = [
  ...holds,
  ...budgets,
  ...alerts,
  ...dimensions,
  ...keys,
  ...snapshots,
  ...stores,
  ...delivery,
  ...restore,
  ...move,
  ...clockSteps,
  ...metering,
  ...sessions,
]
