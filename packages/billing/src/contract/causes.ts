/**
 * The maximum number of nested errors. Real errors nest only a few levels deep, so this limit matters only
 * for cycles.
 */
const maxDepth = 16

/** Yields an error, its cause, the cause's cause, and so on. */
export function* withCauses(error: unknown): Generator<object> {
  let current = error
  for (let depth = 0; depth < maxDepth && typeof current === 'object' && current !== null; depth++) {
    yield current
    current = Reflect.get(current, 'cause')
  }
}
