import type { Codec } from '../metering/storedResult.ts'
import type { DataTransformerOptions } from './coreTypes.ts'

/**
 * The data transformer that the app passes to `options`. This transformer serializes the instances of the
 * app's own classes in the inputs and results of metered calls.
 */
export class Transformer {
  #input: Codec | undefined
  #output: Codec | undefined

  /** The codec for results. Undefined if the app has no transformer, so that results are JSON. */
  get output(): Codec | undefined {
    return this.#output
  }

  use(transformer: DataTransformerOptions): void {
    this.#input = 'input' in transformer ? transformer.input : transformer
    this.#output = 'output' in transformer ? transformer.output : transformer
  }

  /** The codec for inputs. Undefined if the app has no transformer. */
  get input(): Codec | undefined {
    return this.#input
  }
}
