import type { BalancesAnswer } from '../contract/balances.ts'
import { asRead, startRead } from './readOrder.ts'

/**
 * Records when the answers of one `onBalances` subscription were requested. All answers over a connection count
 * as requested when the connection opens.
 */
export class StreamOrder {
  #start = startRead()
  #version = 0

  /** Call this method each time the subscription connects. */
  connect(): void {
    this.#start = startRead()
  }

  /**
   * Records when the answer was requested, and returns the answer. The server reads the ledger for each answer,
   * so a lower version means that the ledger was restored from a backup. Such an answer is newer than all earlier
   * answers.
   */
  read<Answer extends BalancesAnswer>(answer: Answer): Answer {
    if (answer.version < this.#version) this.connect()
    this.#version = answer.version
    return asRead(answer, this.#start)
  }
}
