import type { Answer } from '../answers.ts'
import type { Command } from '../commands.ts'
import type { LedgerSettings } from '../ledgerOptions.ts'
import { raiseAlerts } from './alerts.ts'
import { budgetsNow } from './budgets.ts'
import { Draft } from './draft.ts'
import { expireDueHolds } from './expire.ts'
import { install } from './install.ts'
import { findResult, keepResult } from './keepResult.ts'
import { leaveLease, takeLease } from './lease.ts'
import type { LoadedCustomer } from './loadedCustomer.ts'
import { operate } from './operate.ts'
import { recover } from './recover.ts'
import { release } from './release.ts'
import { renew } from './renew.ts'
import { reserve } from './reserve.ts'
import { removeBudget, setBudget } from './setBudget.ts'
import { settle } from './settle.ts'
import { acknowledge, park } from './usageEvents.ts'
import { noWrites, type Writes } from './writes.ts'

/**
 * Applies the ledger's rules to a batch of commands, in order. Returns each command's answer and the rows to
 * write.
 *
 * Does no I/O and reads no clock. Modifies the loaded rows.
 */
export function decide({
  loaded,
  commands,
  now,
  settings,
}: {
  loaded: ReadonlyMap<string, LoadedCustomer>
  commands: readonly Command[]
  now: number
  settings: LedgerSettings
}): { answers: Answer[]; writes: Writes } {
  const drafts = new Map<string, Draft>()
  const answers = commands.map((command) => {
    let draft = drafts.get(command.customer)
    if (!draft) {
      const rows = loaded.get(command.customer)
      if (!rows) throw new Error(`The rows of the customer ${command.customer} are missing`)
      draft = new Draft(command.customer, rows, now)
      drafts.set(command.customer, draft)
    }
    const answered = answer(draft, command, settings)
    raiseAlerts(draft, settings)
    return answered
  })
  const writes = noWrites()
  for (const draft of drafts.values()) draft.collect(writes)
  return { answers, writes }
}

function answer(draft: Draft, command: Command, settings: LedgerSettings): Answer {
  switch (command.type) {
    case 'reserve':
      return reserve(draft, command, settings)
    case 'renew':
      return renew(draft, command)
    case 'settle':
      return settle(draft, command, settings)
    case 'findResult':
      return findResult(draft, command)
    case 'keepResult':
      return keepResult(draft, command, settings)
    case 'release':
      return release(draft, command, settings)
    case 'expire':
      return { state: 'swept', ended: expireDueHolds(draft, settings) }
    case 'takeLease':
      return takeLease(draft, command)
    case 'leaveLease':
      return leaveLease(draft, command)
    case 'install':
      return install(draft, command)
    case 'acknowledge':
      return acknowledge(draft, command, settings)
    case 'recover':
      return recover(draft, command, settings)
    case 'park':
      return park(draft, command)
    case 'operate':
      return operate(draft, command, settings)
    case 'setBudget':
      return setBudget(draft, command)
    case 'removeBudget':
      return removeBudget(draft, command)
    case 'listBudgets':
      return { state: 'listed', budgets: budgetsNow(draft) }
    default:
      return command satisfies never
  }
}
