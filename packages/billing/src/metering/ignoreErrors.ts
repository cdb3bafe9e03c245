import { types } from 'node:util'

/** The depth to which values are searched for promises. */
const maxDepth = 16

/**
 * Ignores rejections of the promises in a value that isn't sent. Otherwise, an unhandled rejection would end
 * the process. Doesn't touch other objects with a `then` method, such as database queries, because calling
 * `then` starts their work.
 */
export function ignoreErrors(value: unknown): void {
  const searched = new Set<unknown>()
  function search(part: unknown, depth: number) {
    if (typeof part !== 'object' || part === null || depth > maxDepth || searched.has(part)) return
    searched.add(part)
    if (types.isPromise(part)) {
      part.then(
        (resolved) => search(resolved, depth + 1),
        () => {},
      )
      return
    }
    if (ArrayBuffer.isView(part)) return
    for (const field of fieldsOf(part)) search(field, depth + 1)
  }
  search(value, 0)
}

/** Returns the object's field values, or none if a getter throws. */
function fieldsOf(value: object): unknown[] {
  try {
    return Object.values(value)
  } catch {
    return []
  }
}
