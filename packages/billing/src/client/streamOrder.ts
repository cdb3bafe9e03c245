import type { BalancesAnswer } from '../contract/balances.ts'
import { asRead, startRead } from './readOrder.ts'

/**
 * Records when the answers of one `onBalances` subscription were requested. All answers over a connection are
 * requested when the connection opens.
 */
export class StreamOrder {
  #start = startRead()
  #version = 0

  /** Call this method when the subscription connects, and when it connects again. */
  connect(): void {
    this.#start = startRead()
  }

  /**
   * Records when the answer was requested, and returns the answer. The server reads the ledger for each
   * answer. A lower version means that the ledger was restored from a backup. The answer is then newer than
   * every earlier answer.
   */
  read<Answer extends BalancesAnswer>(answer: Answer): Answer {
    if (answer.version < this.#version) this.connect()
    this.#version = answer.version
    return asRead(answer, this.#start)
  }
}
