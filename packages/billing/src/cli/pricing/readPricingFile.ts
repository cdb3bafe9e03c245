import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { isMissing } from '../../ledger/stores/isMissing.ts'
import { CommandError } from '../command.ts'
import { type PricingModel, parsePricingModel } from './pricingModel.ts'

export interface PricingFile {
  /** The file's content, with defaults for the fields that the file omits. */
  model: PricingModel
  /** Only the fields that the file contains. */
  given: PricingModel
  /** The file's content, in the format of Flowglad's API. */
  setup: unknown
  /** Returns the place of a field, such as `pricing.yaml:14: products.3.price.unitPrice`. */
  placeOf(path: (string | number)[]): string
  /** Returns whether the file contains the field. */
  isGiven(path: (string | number)[]): boolean
}

/** The part of flowglad-local that this command uses. */
const reader = z.object({
  readPricing: z.custom<(text: string, source: string) => Pick<PricingFile, 'setup' | 'placeOf' | 'isGiven'>>(
    (it) => typeof it === 'function',
  ),
})

/**
 * Reads a pricing file with flowglad-local, so that flowglad-local and this command accept the same files. If
 * the file has mistakes, returns one line for each.
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
    const { setup, placeOf, isGiven } = readPricing(text, name)
    const given = parsePricingModel(withoutDefaults(setup, [], isGiven))
    return { setup, placeOf, isGiven, given, model: parsePricingModel(setup) }
  } catch (error) {
    if (error instanceof Error && 'findings' in error) return { mistakes: error.message.split('\n') }
    throw error
  }
}

/**
 * Removes the fields that are missing in the file, at every depth. Keeps lists and objects, so a missing list becomes
 * an empty list.
 */
function withoutDefaults(
  value: unknown,
  path: (string | number)[],
  isGiven: PricingFile['isGiven'],
): unknown {
  if (Array.isArray(value)) return value.map((entry, i) => withoutDefaults(entry, [...path, i], isGiven))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => typeof field === 'object' || isGiven([...path, name]))
      .map(([name, field]) => [name, withoutDefaults(field, [...path, name], isGiven)]),
  )
}

async function flowgladLocal() {
  // Import through a variable, because an app without flowglad-local has no types for it.
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
