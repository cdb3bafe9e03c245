import { assertNotNextBuild, isNextBuild } from '../config/nextBuild.ts'
import type { BackgroundLoops } from './backgroundLoops.ts'
import type { Instance } from './instance.ts'
import type { SetupCheck } from './setupCheck.ts'

/**
 * Starts an instance's loops on the first call or on `start()`, or immediately if an earlier instance's loops are
 * running. Starts nothing after `close()`.
 */
export class Lifecycle {
  readonly #instance: Instance
  readonly #loops: BackgroundLoops
  readonly #check: SetupCheck
  readonly #autoStart: boolean
  #isChecked = false
  #mayRun = false
  #isClosed = false

  constructor(parts: {
    instance: Instance
    loops: BackgroundLoops
    check: SetupCheck
    autoStart: boolean
  }) {
    this.#instance = parts.instance
    this.#loops = parts.loops
    this.#check = parts.check
    this.#autoStart = parts.autoStart
    this.#instance.takeOver(parts.loops)
  }

  /**
   * Starts the loops if `autoStart` is set and they aren't running. The first call also starts the setup check in
   * the background. Throws during `next build`.
   */
  onCall(): void {
    this.#assertMayRun()
    if (this.#isClosed || !this.#autoStart) return
    this.#instance.startLoops({ keepAlive: false })
    if (this.#isChecked) return
    this.#isChecked = true
    this.#check.runInBackground()
  }

  /** Throws during `next build`. Reads the environment only once, because reading it is slow. */
  #assertMayRun() {
    if (this.#mayRun) return
    assertNotNextBuild()
    this.#mayRun = true
  }

  /**
   * Checks the setup, and then starts the loops. From then on, the loops keep the process running. Does nothing
   * during `next build`.
   */
  async start(): Promise<void> {
    if (isNextBuild()) return
    if (this.#isClosed)
      throw new Error('This billing instance is closed. Create another instance with createBilling.')
    this.#isChecked = true
    await this.#check.run()
    if (!this.#isClosed) this.#instance.startLoops({ keepAlive: true })
  }

  /** Prevents the loops from being started later. Running loops continue until `stopLoops` is called. */
  close(): void {
    this.#isClosed = true
    this.#instance.leave()
  }

  /** Stops this instance's loops and resolves when they have ended. */
  stopLoops(): Promise<void> {
    return this.#loops.stop()
  }
}
