import type { Ledger } from '../ledger/ledger.ts'
import type { BackgroundLoops } from './backgroundLoops.ts'

/** The ledger and the loops that all instances with the same key share. */
interface Shared {
  /** The first instance's ledger. */
  readonly ledger: Ledger
  /** The newest instance's loops. Null if the newest instance is closed. */
  loops: BackgroundLoops | null
}

const registryKey = Symbol.for('@metered/billing instances')

/**
 * Returns the process's registry of shared ledgers and loops. The registry is global, because a bundle can
 * contain several copies of this module.
 */
function registry(): Map<string, Shared> {
  const global: typeof globalThis & { [registryKey]?: Map<string, Shared> } = globalThis
  global[registryKey] ??= new Map()
  return global[registryKey]
}

/**
 * An instance that `createBilling` creates. In development, each edit to an app's module creates another
 * instance, and the app doesn't close the earlier instance. Instances with the same key therefore share one
 * ledger, and only the newest instance's loops run. Earlier instances continue to serve calls.
 */
export class Instance {
  readonly #key: string
  readonly #ownLedger: Ledger
  readonly #shared: Shared
  #loops: BackgroundLoops | null = null
  #closesShared = false

  constructor({ key, ledger }: { key: string; ledger: Ledger }) {
    this.#key = key
    this.#ownLedger = ledger
    this.#shared = registry().get(key) ?? { ledger, loops: null }
    registry().set(key, this.#shared)
  }

  /** The shared ledger. A later instance uses the first instance's ledger, and never opens its own. */
  get ledger(): Ledger {
    return this.#shared.ledger
  }

  /** Replaces the earlier instance's loops. Starts the new loops if the earlier loops were running. */
  takeOver(loops: BackgroundLoops): void {
    const earlier = this.#shared.loops
    this.#loops = loops
    this.#shared.loops = loops
    if (!earlier?.isRunning) return
    void earlier.stop()
    loops.start({ keepAlive: earlier.keepsAlive })
  }

  /** Starts the newest instance's loops. */
  startLoops(options: { keepAlive: boolean }): void {
    this.#shared.loops?.start(options)
  }

  /**
   * If this is the newest instance, removes the shared ledger from the registry. After that, no loops start.
   */
  leave(): void {
    if (this.#shared.loops !== this.#loops) return
    this.#shared.loops = null
    this.#closesShared = true
    if (registry().get(this.#key) === this.#shared) registry().delete(this.#key)
  }

  /**
   * Closes the shared ledger if this was the newest instance. Also closes this instance's own ledger, unless
   * it is the shared ledger.
   */
  async closeLedger(): Promise<void> {
    if (this.#closesShared) await this.#shared.ledger.close()
    if (this.#ownLedger !== this.#shared.ledger) await this.#ownLedger.close()
  }
}
