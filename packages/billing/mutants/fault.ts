/** A deliberate mistake in the code. With this mistake, at least one of its tests must fail. */
export interface Fault {
  /** Describes in one clause what breaks. */
  name: string
  /** The changed file, in `src/`. */
  file: string
  /** The text to replace. It occurs exactly once in the file. */
  find: string
  replace: string
  /** The test files, in `test/` and without `.test.ts`. At least one of them must catch the fault. */
  tests: string[]
  /**
   * The reason why the code behaves the same with the fault, so that no test can catch it. Such a fault isn't
   * run.
   */
  equivalent?: string
}

/** Returns the reason why the fault can't be applied to the file's text, or null if it can. */
export function problemOf({ find, replace }: Pick<Fault, 'find' | 'replace'>, text: string): string | null {
  const places = text.split(find).length - 1
  if (places !== 1) return `the search text occurs ${places} times`
  return find === replace ? 'the replacement changes nothing' : null
}
