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
/** Returns whether the value is an observable. Only a subscription can return one. */
export const isObservable = (value: unknown): value is Observable =>
  typeof value === 'object' && value !== null && 'subscribe' in value && typeof value.subscribe === 'function'

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Returns whether one of the object's direct properties passes the test. */
export const hasProperty = (
  value: unknown,
  test: (property: unknown) => boolean,
): value is Record<string, unknown> => isPlainObject(value) && Object.values(value).some(test)

const isAsync = (value: unknown) => isPromise(value) || isAsyncIterable(value)

/** Deeper values are not searched, because a cycle has no end. */
const maxDepth = 16

/**
 * Returns the path of a promise or stream inside the value, such as `pages.0.text`, or null if there is none. JSON
 * represents such a part as `{}`.
 */
export const asyncPathIn = (value: unknown): string | null => pathIn(value, 0, new Set())

function pathIn(value: unknown, depth: number, searched: Set<unknown>): string | null {
  if (depth > maxDepth || !(Array.isArray(value) || isPlainObject(value))) return null
  // In a graph, the number of paths grows exponentially with their length.
  if (searched.has(value)) return null
  searched.add(value)
  for (const [key, item] of Object.entries(value)) {
    if (isAsync(item)) return key
    const path = pathIn(item, depth + 1, searched)
    if (path !== null) return `${key}.${path}`
  }
  return null
}
