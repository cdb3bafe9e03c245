import type { Platform } from '../platform/Platform.ts'
import { rejectedResult } from '../platform/problems.ts'

interface OfModel {
  id: string
  pricingModelId: string
}

interface Source<R> {
  by(index: 'model', key: string): R[]
  find(id: string): R | undefined
}

/** Limits a table to the records of the API key's own pricing model. */
export function visible<R extends OfModel>({ pricingModelId }: Platform, table: Source<R>) {
  const find = (id: string | undefined): R | undefined => {
    const record = table.find(id ?? '')
    return record?.pricingModelId === pricingModelId ? record : undefined
  }
  return {
    all: (): R[] => table.by('model', pricingModelId),
    find,
    /**
     * Returns the record with the given ID.
     * @throws the platform's error, such as "No features found with id: …"
     */
    get(id: string | undefined, noun: string): R {
      const record = find(id)
      if (!record) throw rejectedResult('NotFoundError', `No ${noun} found with id: ${id}`)
      return record
    },
  }
}
