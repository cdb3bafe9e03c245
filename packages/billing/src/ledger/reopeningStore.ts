import { LedgerUnavailableError } from './errors.ts'
import type { OpenStore, Store, WriteProblem } from './stores/store.ts'

/**
 * Opens a store on first use, and again after a failure that the connection can't recover from. For example,
 * a connection that was opened while the file's volume was read-only stays read-only. Until a new connection
 * can write, reads use the earlier connection.
 */
export class ReopeningStore {
  readonly #store: Store
  #opening: Promise<OpenStore> | null = null
  #open: OpenStore | null = null
  #openings = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** The store that was opened last, or null if none is open. */
  get current(): OpenStore | null {
    return this.#open
  }

  /** How often the store was opened. */
  get openings(): number {
    return this.#openings
  }

  /** Rejects with `cannotWrite` if the store rejects writes. */
  async write<T>(work: (store: OpenStore) => Promise<T>): Promise<T> {
    const open = await this.#reopen()
    try {
      return await work(open)
    } catch (error) {
      const problem = this.#store.writeProblem(error)
      if (problem === null) throw error
      if (problem.isStale) this.#opening = null
      throw cannotWrite(problem, error)
    }
  }

  async read<T>(work: (store: OpenStore) => Promise<T>): Promise<T> {
    const open = this.#open ?? (await this.#reopen())
    try {
      return await work(open)
    } catch (error) {
      if (this.#store.writeProblem(error)?.isStale) {
        this.#opening = null
        this.#open = null
      }
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => {})
    await this.#store.close()
  }

  #reopen(): Promise<OpenStore> {
    this.#opening ??= this.#openStore().catch((error: unknown) => {
      // Let the next command or read open the store again.
      this.#opening = null
      throw error
    })
    return this.#opening
  }

  async #openStore(): Promise<OpenStore> {
    try {
      this.#open = await this.#store.open()
      this.#openings++
      return this.#open
    } catch (error) {
      throw this.#openError(error)
    }
  }

  /** Returns a `cannotOpen` error, unless opening the store again can succeed. */
  #openError(error: unknown): unknown {
    if (error instanceof LedgerUnavailableError) return error
    const problem = this.#store.writeProblem(error)
    if (problem !== null) return cannotWrite(problem, error)
    if (this.#store.isTransient(error)) return error
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The ledger ${this.#store.address} can't be opened: ${reason}`
    return new LedgerUnavailableError('cannotOpen', { message, cause: error })
  }
}

const cannotWrite = ({ message }: WriteProblem, cause: unknown) =>
  new LedgerUnavailableError('cannotWrite', { message, cause })
