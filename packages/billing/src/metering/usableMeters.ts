import { type Clock, within } from '../config/clock.ts'
import { SetupError } from '../config/setupError.ts'
import type { CatalogCache } from '../flowglad/catalog.ts'

/** Checks that Flowglad can record usage of the app's meters. */
export class UsableMeters {
  readonly #catalog: CatalogCache
  readonly #clock: Clock
  readonly #decisionMs: number

  constructor({ catalog, clock, decisionMs }: { catalog: CatalogCache; clock: Clock; decisionMs: number }) {
    this.#catalog = catalog
    this.#clock = clock
    this.#decisionMs = decisionMs
  }

  /** Loads the pricing model if it isn't loaded. Ignores failures, because calls don't depend on Flowglad. */
  async load(): Promise<void> {
    await this.#catalog.get().catch(() => {})
  }

  /**
   * Throws a `SetupError` if one of the meters is unusable. If the loaded pricing model shows a problem,
   * first reloads it, because the problem might have been fixed.
   */
  async assert(meters: string[]): Promise<void> {
    if (this.#problemsOf(meters).length === 0) return
    await within(this.#clock, this.#decisionMs, this.#catalog.recheck(), null)
    const problems = this.#problemsOf(meters)
    if (problems.length > 0) throw new SetupError(problems.join('\n'))
  }

  #problemsOf(meters: string[]): string[] {
    const problems = this.#catalog.peek()?.problems
    if (!problems || problems.size === 0) return []
    return meters.flatMap((meter) => problems.get(meter) ?? [])
  }
}
