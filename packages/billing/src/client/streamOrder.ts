import type { BalancesAnswer } from '../contract/balances.ts'
import { asRead, startRead } from './readOrder.ts'

/**
 * Records when the balances from one `onBalances` subscription were requested. All balances from a connection
 * count as requested when the connection opens.
 */
export class StreamOrder {
  #start = startRead()
  #version = 0

  /** Call this method each time the subscription connects. */
  connect(): void {
    this.#start = startRead()
  }

  /**
   * Records when the balances were requested, and returns them. The server reads the ledger each time, so a lower
   * version means that the ledger was restored from a backup. Such balances are newer than all earlier ones.
   */
  read<Answer extends BalancesAnswer>(answer: Answer): Answer {
    if (answer.version < this.#version) this.connect()
    this.#version = answer.version
    return asRead(answer, this.#start)
  }
}
