import type { Codec } from '../metering/storedResult.ts'
import type { DataTransformerOptions } from './coreTypes.ts'

/**
 * The data transformer that the app passes to `options`. It serializes the inputs and results of metered
 * calls, so that they can contain values such as dates, and a retry gets the same values as the first call.
 */
export class Transformer {
  #input: Codec | undefined
  #output: Codec | undefined

  /** Serializes and deserializes results. Without a transformer, results are JSON. */
  get output(): Codec | undefined {
    return this.#output
  }

  use(transformer: DataTransformerOptions): void {
    this.#input = 'input' in transformer ? transformer.input : transformer
    this.#output = 'output' in transformer ? transformer.output : transformer
  }

  /** Returns the input in its serialized form, as the client sent it. */
  serializeInput(input: unknown): unknown {
    return this.#input ? this.#input.serialize(input) : input
  }
}
