/** A deliberate mistake in the code. With this mistake, at least one of its tests must fail. */
export interface Fault {
  /** Says what breaks, in one clause. */
  name: string
  /** The changed file, in `src/`. */
  file: string
  /** The text to replace. It occurs exactly once in the file. */
  find: string
  replace: string
  /** The test files that must catch the fault, in `test/` and without `.test.ts`. */
  tests: string[]
  /** Why no test can catch the fault: the code behaves the same with it. Such a fault isn't run. */
  equivalent?: string
}

/** Returns why the fault can't be applied to the file's text, or null if it can. */
export function problemOf({ find, replace }: Pick<Fault, 'find' | 'replace'>, text: string): string | null {
  const places = text.split(find).length - 1
  if (places !== 1) return `the search text occurs ${places} times`
  return find === replace ? 'the replacement changes nothing' : null
}
