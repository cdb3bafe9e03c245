import { Socket } from 'node:net'
import type { Counts } from './counts.ts'
import { messages } from './messages.ts'

/**
 * A connection to PostgreSQL that counts round trips, statements and transactions. Statements and
 * transactions are counted when the server answers them.
 */
export class CountingSocket extends Socket {
  readonly #counts: Counts
  readonly #read: (bytes: Buffer) => void
  #isAnswered = true

  constructor(counts: Counts) {
    super()
    this.#counts = counts
    this.#read = messages((message) => {
      // `C` is the type of `CommandComplete`, which the server sends after each statement.
      if (message[0] !== 'C'.charCodeAt(0)) return
      counts.statements += 1
      if (message.toString('latin1', 5, 11) === 'COMMIT') counts.transactions += 1
    })
  }

  #send() {
    if (this.#isAnswered) this.#counts.roundTrips += 1
    this.#isAnswered = false
  }

  override _write(...write: Parameters<Socket['_write']>) {
    this.#send()
    super._write(...write)
  }

  override _writev(...write: Parameters<NonNullable<Socket['_writev']>>) {
    this.#send()
    super._writev?.(...write)
  }

  override push(...answer: Parameters<Socket['push']>) {
    const [bytes] = answer
    if (bytes instanceof Buffer) {
      this.#isAnswered = true
      this.#read(bytes)
    }
    return super.push(...answer)
  }
}
