import type { UsageEvent } from '../../../src/ledger/answers.ts'
import type { PlanBudget, Snapshot } from '../../../src/ledger/commands.ts'
import { anInstall, aTakeLease } from '../builders.ts'
import { acknowledge } from './acknowledge.ts'
import type { CheckedLedger } from './CheckedLedger.ts'
import type { FetchStep } from './history.ts'

interface Fetch {
  token: string
  ambiguous: UsageEvent[]
  response: { snapshot: Snapshot; changes: number } | null
}

/**
 * Runs a history's fetches. Each fetch takes the lease, resends ambiguous events, requests a snapshot from
 * Flowglad and installs it. Other steps can run in between.
 */
export class Fetches {
  readonly #ledger: CheckedLedger
  readonly #fetches: Fetch[] = []

  constructor(ledger: CheckedLedger) {
    this.#ledger = ledger
  }

  async live(step: FetchStep): Promise<void> {
    if (step.type === 'fetchAtOnce') return this.#fetchAtOnce()
    if (step.type === 'fetchTake') return this.#take(step.slot, step.leaseMs)
    const fetch = this.#fetches[step.slot]
    if (!fetch) return
    switch (step.type) {
      case 'fetchResend':
        if (!(await this.#extend(fetch.token))) return
        for (const event of fetch.ambiguous) this.#ledger.world.record(event)
        return acknowledge(this.#ledger, fetch.ambiguous)
      case 'fetchGet':
        if (await this.#extend(fetch.token)) fetch.response = this.#ask()
        return
      case 'fetchInstall':
        if (fetch.response) await this.#install(fetch.token, fetch.response)
        return
      default:
        step satisfies never
    }
  }

  /** Forgets events that Flowglad rejects, so no fetch resends them. */
  forget(isRejected: (event: UsageEvent) => boolean): void {
    for (const fetch of this.#fetches) {
      if (fetch) fetch.ambiguous = fetch.ambiguous.filter((event) => !isRejected(event))
    }
  }

  async #fetchAtOnce(): Promise<void> {
    const { customer } = this.#ledger
    const lease = aTakeLease({ customer, token: this.#ledger.newId('f') })
    const [taken] = await this.#ledger.execute([lease])
    if (taken?.state === 'taken') await this.#install(lease.token, this.#ask())
  }

  async #take(slot: number, leaseMs: number): Promise<void> {
    const { customer } = this.#ledger
    const lease = aTakeLease({ customer, token: this.#ledger.newId('f'), leaseMs })
    const [taken] = await this.#ledger.execute([lease])
    if (taken?.state !== 'taken') return
    this.#fetches[slot] = { token: lease.token, ambiguous: taken.ambiguous, response: null }
  }

  async #extend(token: string): Promise<boolean> {
    // A process that has lost its lease stops its fetch.
    if (this.#ledger.model.lease?.token !== token) return false
    const { customer } = this.#ledger
    const [taken] = await this.#ledger.execute([aTakeLease({ customer, token, purpose: 'fetch' })])
    return taken?.state === 'taken'
  }

  #ask() {
    return { snapshot: this.#ledger.world.billing(), changes: this.#ledger.changes }
  }

  /** Free plans limit tokens per hour. Plans that grant an odd number of units limit pictures per period. */
  #planBudgets({ subscription, meters }: Snapshot): PlanBudget[] {
    const budget = () => ({
      instance: this.#ledger.newId('plan'),
      timeZone: null,
      thresholds: [80],
      scope: null,
    })
    const granted = meters.pictures?.granted ?? 0
    const perHour = { ...budget(), meter: 'tokens', window: 'hour', mode: 'block', limit: 12 } as const
    const perPeriod = {
      ...budget(),
      meter: 'pictures',
      window: 'period',
      mode: 'notify',
      limit: granted,
    } as const
    return [...(subscription?.isFree ? [perHour] : []), ...(granted % 2 === 1 ? [perPeriod] : [])]
  }

  async #install(token: string, { snapshot, changes }: NonNullable<Fetch['response']>): Promise<void> {
    const { customer, model } = this.#ledger
    const isInstalled = model.installedToken === token
    const unlimitedBy = { pictures: 'all' }
    const [installed] = await this.#ledger.execute([
      anInstall({ customer, token, snapshot, unlimitedBy, planBudgets: this.#planBudgets(snapshot) }),
    ])
    if (installed?.state === 'installed' && !isInstalled) this.#ledger.changesSeen = changes
  }
}
