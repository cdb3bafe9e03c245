import type { Platform } from '../platform/Platform.ts'
import { Problem, refusedResult } from '../platform/problems.ts'

interface OfModel {
  id: string
  pricingModelId: string
}

interface Source<R> {
  by(index: 'model', key: string): R[]
  find(id: string): R | undefined
}

/** What the API key sees of a table: the platform keeps every key to its own pricing model, in lists and by id. */
export function visible<R extends OfModel>({ pricingModelId }: Platform, table: Source<R>) {
  const find = (id: string | undefined): R | undefined => {
    const record = table.find(id ?? '')
    return record?.pricingModelId === pricingModelId ? record : undefined
  }
  return {
    all: (): R[] => table.by('model', pricingModelId),
    find,
    /**
     * The record that a caller named.
     * @throws with the platform's text, e.g. "No features found with id: …"
     */
    get(id: string | undefined, noun: string): R {
      const record = find(id)
      if (!record) throw refusedResult('NotFoundError', `No ${noun} found with id: ${id}`)
      return record
    },
  }
}

/** The API key is for one pricing model: it cannot put anything into another. */
export function refuseOtherModel({ pricingModelId: own }: Platform, pricingModelId: string): void {
  if (pricingModelId !== own)
    throw new Problem('FORBIDDEN', 'You do not have permission to perform this operation.')
}
