/** Returns whether the value is a promise. Like tRPC, ignores objects that have `then` but not `catch`. */
export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function' &&
  'catch' in value &&
  typeof value.catch === 'function'

export const isAsyncIterable = <T>(value: T): value is T & AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

/** The part of tRPC's observables that metering uses. */
export interface Observable {
  subscribe(observer: Partial<Observer>): { unsubscribe(): void }
}
export interface Observer {
  next(value: unknown): void
  error(error: unknown): void
  complete(): void
}
export const isObservable = (value: unknown): value is Observable =>
  typeof value === 'object' && value !== null && 'subscribe' in value && typeof value.subscribe === 'function'

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]'

/**
 * Returns whether tRPC can send each of the object's properties as soon as that property is ready. Uses
 * tRPC's rule, which also accepts objects from other realms and objects that inherit from a plain object.
 */
export function hasParts(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false
  const { constructor: Class } = value
  if (Class === undefined) return true
  const prototype: unknown = typeof Class === 'function' ? Class.prototype : null
  return isRecord(prototype) && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** Returns whether the value is an object, but not an array, with a direct property that passes the test. */
export const hasProperty = (value: unknown, test: (property: unknown) => boolean): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).some(test)

const isAsync = (value: unknown) => isPromise(value) || isAsyncIterable(value)

/**
 * Returns whether to search the object's fields. JSON doesn't send the fields of an object with `toJSON`, and
 * binary data contains only numbers.
 */
const isSentByField = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !('toJSON' in value)

/** The depth to which values are searched for promises and streams. */
const maxDepth = 16

/**
 * Returns the path of a promise or stream inside the value, such as `pages.0.text`, or null if there is none.
 * JSON represents such a part as `{}`. If a codec serializes class instances, set `ofInstances` to false to
 * skip them.
 */
export const asyncPathIn = (value: unknown, ofInstances: boolean): string | null =>
  pathIn(value, 0, { searched: new Set(), isSearched: ofInstances ? isSentByField : isPlainObject })

function pathIn(
  value: unknown,
  depth: number,
  search: { searched: Set<unknown>; isSearched: (value: unknown) => value is object },
): string | null {
  const { searched, isSearched } = search
  if (depth > maxDepth || !(Array.isArray(value) || isSearched(value))) return null
  // Search each object once. Otherwise, the search time could grow exponentially in a graph of shared
  // objects.
  if (searched.has(value)) return null
  searched.add(value)
  for (const [key, item] of Object.entries(value)) {
    if (isAsync(item)) return key
    const path = pathIn(item, depth + 1, search)
    if (path !== null) return `${key}.${path}`
  }
  return null
}
