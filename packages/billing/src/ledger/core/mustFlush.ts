import type { Command } from '../commands.ts'

/**
 * Returns whether the command's changes must survive a crash of the machine. Only an embedded store asks: a crash
 * of its machine ends all work that uses the ledger. The crash can undo the latest commits, but no earlier ones.
 */
export function mustFlush(command: Command): boolean {
  switch (command.type) {
    case 'reserve':
      // The work ends with the machine, so its units return, as they would at expiry.
      return command.legs.some(({ onExpiry }) => onExpiry === 'settle')
    case 'renew':
      return command.counted !== null
    // After a restart, these commands are sent again: due holds expire, and Flowglad returns the events that it
    // already has.
    case 'expire':
    case 'acknowledge':
    case 'leaveLease':
      return false
    case 'findResult':
      return false
    default:
      return true
  }
}
