import { ledgerDefaults } from '../../../src/ledger/ledgerOptions.ts'
import type { Model } from './Model.ts'

interface Reached {
  /** Identifies the window and the limit of a budget or a grant. */
  scope: string
  window: string
  thresholds: readonly number[]
  used: number
  limit: number
}

/**
 * Models one customer's alerts. A threshold raises its alert if it is reached after a command, and neither it nor a
 * higher threshold was reached in the same window before the command.
 */
export class ModelAlerts {
  /** The window and the highest reached threshold of each budget and each grant. */
  readonly #highest = new Map<string, { window: string; threshold: number }>()
  readonly raised = new Map<string, { used: number; limit: number; threshold: number }>()

  /** Raises the alerts that are due after a command. */
  note(model: Model): void {
    const { subscription } = model.snapshot ?? {}
    for (const { meter, used, limit } of subscription ? model.balances() : []) {
      const account = model.accounts.get(`${subscription?.id}/${meter}`)
      if (!account || account.period === null || account.unlimited || limit <= 0) continue
      const scope = `grant:${subscription?.id}:${meter}`
      const { grantThresholds: thresholds } = ledgerDefaults
      this.#note({ scope, window: account.period, thresholds, used, limit })
    }
    for (const { instance, start, thresholds, used, limit } of model.budgets.stored()) {
      this.#note({ scope: `budget:${instance}`, window: String(start), thresholds, used, limit })
    }
  }

  #note({ scope, window, thresholds, used, limit }: Reached): void {
    const last = this.#highest.get(scope)
    const before = last?.window === window ? last.threshold : 0
    const reached = thresholds.filter((threshold) => used > 0 && used / limit >= threshold / 100)
    this.#highest.set(scope, { window, threshold: Math.max(0, ...reached) })
    for (const threshold of reached.filter((it) => it > before)) {
      const id = [scope, window, limit, threshold].join(':')
      if (!this.raised.has(id)) this.raised.set(id, { used, limit, threshold })
    }
  }
}
