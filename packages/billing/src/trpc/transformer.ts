import type { Codec } from '../metering/storedResult.ts'
import type { DataTransformerOptions } from './coreTypes.ts'

/**
 * The app's data transformer, which `options` gets from the app. Retries then get the same values as the first
 * call, such as dates, and results and inputs can be anything that the transformer can serialize.
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

  /** Returns the input as the client sent it. */
  serializeInput(input: unknown): unknown {
    return this.#input ? this.#input.serialize(input) : input
  }
}
