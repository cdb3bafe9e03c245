/** The error for a malformed command. Nothing was queued, held or charged. `path` names the field. */
export class InvalidCommandError extends Error {
  override readonly name = 'InvalidCommandError'
  readonly path: string

  constructor({ path, reason }: { path: string; reason: string }) {
    super(`Invalid ledger command: ${path || 'command'}: ${reason}`)
    this.path = path
  }
}

/**
 * The error for a command that the ledger can't accept or finish. The queue is full, the ledger is closing,
 * or the store is unreachable.
 */
export class LedgerUnavailableError extends Error {
  override readonly name = 'LedgerUnavailableError'
  readonly reason: 'queueFull' | 'closing' | 'storeOutOfReach'

  constructor(reason: LedgerUnavailableError['reason'], options?: ErrorOptions) {
    super(`Ledger unavailable: ${reason}`, options)
    this.reason = reason
  }
}
