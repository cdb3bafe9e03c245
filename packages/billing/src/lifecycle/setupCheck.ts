import type { Logger } from '../config/logger.ts'
import { SetupError } from '../config/setupError.ts'
import type { CatalogCache } from '../flowglad/catalog.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import { createProbe } from '../ledger/createProbe.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isLedgerUnavailable } from '../ledger/onLedger.ts'
import { isOutage } from '../ledger/reportOutages.ts'

/** Checks that the ledger can be opened, and that Flowglad accepts the settings and has the app's meters. */
export class SetupCheck {
  readonly #ledger: Pick<Ledger, 'health'>
  readonly #probe: () => Promise<unknown>
  readonly #catalog: CatalogCache
  readonly #flowglad: Pick<FlowgladClient, 'settingsProblem'>
  readonly #plans: string[]
  readonly #logger: Logger

  constructor(parts: {
    ledger: Pick<Ledger, 'execute' | 'health'>
    catalog: CatalogCache
    flowglad: Pick<FlowgladClient, 'settingsProblem'>
    /** The slugs of the prices that `planBudgets` names. */
    plans: string[]
    logger: Logger
  }) {
    this.#ledger = parts.ledger
    this.#probe = createProbe(parts.ledger)
    this.#catalog = parts.catalog
    this.#flowglad = parts.flowglad
    this.#plans = parts.plans
    this.#logger = parts.logger
  }

  /**
   * If there are problems, rejects with an error whose message has one line of instructions per problem.
   * Doesn't fail if Flowglad is unreachable, or if the ledger is unreachable or rejects writes, because these
   * problems can be temporary.
   */
  async run(): Promise<void> {
    const failure = await this.#ledger.health().then(
      () => null,
      (error: unknown) => error,
    )
    if (isLedgerUnavailable(failure) && failure.reason === 'cannotOpen') throw failure
    // Write to the ledger, so that a problem with writes is logged now and not on the first call.
    if (!failure) void this.#probe().catch(() => {})
    const catalog = await this.#catalog.recheck().catch((error: unknown) => {
      if (error instanceof SetupError) throw error
      this.#logger.warn(
        { error: String(error) },
        'Flowglad is unavailable, so billing starts with the data in the ledger',
      )
      return null
    })
    if (catalog) this.#warnOfUnknownPlans(new Set(catalog.slugOfPrice.values()))
    if (catalog && catalog.problems.size > 0) throw new SetupError([...catalog.problems.values()].join('\n'))
  }

  #warnOfUnknownPlans(known: Set<string>) {
    for (const priceSlug of this.#plans) {
      if (!known.has(priceSlug)) {
        this.#logger.warn(
          { priceSlug },
          `\`planBudgets\` has budgets for "${priceSlug}", but Flowglad's pricing model has no price with this slug.`,
        )
      }
    }
  }

  /** Runs the check in the background, and logs problems that haven't been logged yet. */
  runInBackground(): void {
    this.run().catch((error: unknown) => {
      // The ledger has already logged this problem.
      if (isOutage(error)) return
      const message = error instanceof Error ? error.message : String(error)
      // The Flowglad client has already logged this problem.
      if (message === this.#flowglad.settingsProblem()) return
      for (const line of message.split('\n')) this.#logger.error({}, line)
    })
  }
}
