/**
 * Returns state that all copies of this package on the page share. An app can load the package twice, directly
 * and through `@metered/billing-react`.
 */
export function sharedState<State extends object>(name: string, create: () => State): State {
  const key = Symbol.for(`@metered/billing/${name}`)
  // Only this function writes the property, and each name is always used with the same type of state.
  const known = Reflect.get(globalThis, key) as State | undefined
  if (known !== undefined) return known
  const created = create()
  Reflect.set(globalThis, key, created)
  return created
}
