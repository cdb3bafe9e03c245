import type { Command } from '../commands.ts'

/**
 * Returns whether the command's changes must survive a crash of the machine. Only an embedded store calls
 * this function, because a crash of its machine also ends all work that uses the ledger. Such a crash can
 * undo only the latest commits.
 */
export function mustFlush(command: Command): boolean {
  switch (command.type) {
    case 'reserve':
      // A crash of the machine also ends the work. If the crash undoes the hold, the units are available
      // again, as they would be after expiry.
      return command.legs.some(({ onExpiry }) => onExpiry === 'settle')
    case 'renew':
      return command.counted !== null
    // These commands are repeated after a restart. Flowglad recognizes the events that it already has.
    case 'expire':
    case 'acknowledge':
    case 'leaveLease':
      return false
    case 'findResult':
    case 'listBudgets':
      return false
    default:
      return true
  }
}
