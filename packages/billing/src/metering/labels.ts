import type { Logger } from '../config/logger.ts'
import { maxValueLength, otherValue } from '../contract/dimensions.ts'
import type { Meters } from '../contract/meters.ts'
import type { Label } from '../ledger/commands.ts'
import { isStorable } from '../ledger/fields.ts'

/** The largest number of procedures that a process warns about. */
const maxWarnings = 100

/** Returns a call's usable labels, by meter. Returns an empty map if the call has no labels that can be read. */
export type LabelsOf = (
  meters: string[],
  call: { procedure: string; labels?: (() => unknown) | undefined },
) => ReadonlyMap<string, Label[]>

/**
 * Creates a `LabelsOf`. The function never throws, because a wrong label must not make a paid call fail. Units without
 * usable labels count under `other`.
 */
export function createLabels(meters: Meters, logger: Logger): LabelsOf {
  const warned = new Set<string>()
  function warn(procedure: string, error: unknown) {
    if (warned.has(procedure) || warned.size >= maxWarnings) return
    warned.add(procedure)
    logger.warn(
      { procedure, error: messageOf(error) },
      `The labels of ${procedure} can't be read, so its units count under "${otherValue}". Correct its \`dimensions\`.`,
    )
  }
  return (names, { procedure, labels }) => {
    if (!labels) return noLabels
    try {
      const given = labels()
      // The labels from a promise would arrive too late. Ignore its rejection, because an unhandled rejection would
      // end the process.
      if (given instanceof Promise) given.catch(() => {})
      if (typeof given !== 'object' || given === null) return noLabels
      return new Map(names.map((meter) => [meter, usableLabels(meters[meter]?.dimensions ?? {}, given)]))
    } catch (error) {
      warn(procedure, error)
      return noLabels
    }
  }
}

const noLabels: ReadonlyMap<string, Label[]> = new Map()

/** Returns the labels of the declared dimensions. Reads no other properties, because an object can have many. */
function usableLabels(dimensions: Readonly<Record<string, number>>, given: object): Label[] {
  return Object.entries(dimensions).flatMap(([dimension, atMost]) => {
    const value: unknown = Object.hasOwn(given, dimension) ? Reflect.get(given, dimension) : undefined
    return isUsable(value) ? [{ dimension, value, atMost }] : []
  })
}

const isUsable = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  value !== otherValue &&
  value.length <= maxValueLength &&
  isStorable(value)

function messageOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value without a message'
  }
}
