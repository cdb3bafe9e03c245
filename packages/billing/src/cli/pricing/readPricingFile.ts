import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { isMissing } from '../../ledger/stores/isMissing.ts'
import { CommandError } from '../command.ts'
import { type PricingModel, parsePricingModel } from './pricingModel.ts'

export interface PricingFile {
  model: PricingModel
  /** The file's content, in the format of Flowglad's API. */
  setup: unknown
  /** Returns the place of a field, such as `pricing.yaml:14: products.3.price.unitPrice`. */
  placeOf(path: (string | number)[]): string
}

/** The part of flowglad-local that this command uses. */
const reader = z.object({
  readPricing: z.custom<(text: string, source: string) => Pick<PricingFile, 'setup' | 'placeOf'>>(
    (it) => typeof it === 'function',
  ),
})

/**
 * Reads a pricing file with flowglad-local, so that both accept the same files. If the file has mistakes, returns one
 * line for each.
 */
export async function readPricingFile(
  path: string,
  name: string,
): Promise<PricingFile | { mistakes: string[] }> {
  const { readPricing } = await flowgladLocal()
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${name} can't be read: ${error instanceof Error ? error.message : error}`)
  })
  try {
    const { setup, placeOf } = readPricing(text, name)
    return { setup, placeOf, model: parsePricingModel(setup) }
  } catch (error) {
    if (error instanceof Error && 'findings' in error) return { mistakes: error.message.split('\n') }
    throw error
  }
}

async function flowgladLocal() {
  // A variable, because an app without flowglad-local has no types for it.
  const specifier = 'flowglad-local/pricing'
  try {
    return reader.parse(await import(specifier))
  } catch (error) {
    if (isMissing(error, 'flowglad-local'))
      throw new CommandError(
        'metered pricing push reads the file with flowglad-local. Install it as a development dependency.',
      )
    throw error
  }
}
