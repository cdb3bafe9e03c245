/** A deliberate mistake in the code that at least one of the fault's tests must catch. */
export interface Fault {
  /** Names the broken behavior in one clause. */
  name: string
  /** The file to change, relative to `src/`. */
  file: string
  /** The text to replace, which must occur exactly once in the file. */
  find: string
  replace: string
  /**
   * The test files, relative to `test/` and without `.test.ts`. At least one of them must catch the fault.
   */
  tests: string[]
  /**
   * Explains why no test can catch this fault: with the fault, the code behaves the same. `pnpm mutants` skips
   * such a fault.
   */
  equivalent?: string
}

/** Returns the reason why the fault can't be applied to the file's text, or null if it can. */
export function problemOf({ find, replace }: Pick<Fault, 'find' | 'replace'>, text: string): string | null {
  const places = text.split(find).length - 1
  if (places !== 1) return `the search text occurs ${places} times`
  return find === replace ? 'the replacement changes nothing' : null
}
