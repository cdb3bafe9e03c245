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
 * The error for a command or read that the ledger can't accept or finish. `storeOutOfReach`: the store is
 * unreachable or stays busy. `cannotOpen`: the setup prevents the store from being opened. `cannotWrite`: the
 * store rejects writes, for example because its disk is full. For `cannotOpen` and `cannotWrite`, the message
 * says what to correct. After `cannotWrite`, the ledger recovers automatically once the problem is fixed.
 */
export class LedgerUnavailableError extends Error {
  override readonly name = 'LedgerUnavailableError'
  readonly reason: 'queueFull' | 'closing' | 'storeOutOfReach' | 'cannotOpen' | 'cannotWrite'

  constructor(
    reason: LedgerUnavailableError['reason'],
    { message = `Ledger unavailable: ${reason}`, ...options }: ErrorOptions & { message?: string } = {},
  ) {
    super(message, options)
    this.reason = reason
  }
}

/** Returns the error for a store that is unreachable, or that stays busy. */
export const storeOutOfReach = (cause: unknown) =>
  new LedgerUnavailableError('storeOutOfReach', {
    message: `The ledger’s database isn’t responding: ${reasonOf(cause)}`,
    cause,
  })

/**
 * If none of a host's addresses can be reached, Node throws an `AggregateError` without a message. Its
 * `errors` contain one error for each attempt.
 */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
