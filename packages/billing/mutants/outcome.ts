import { z } from 'zod'

/**
 * The result of a fault's tests. `by`: the test that caught it. `broken`: the result proves nothing, because
 * the fault can't be applied, doesn't compile, or keeps the tests from running.
 */
export const outcome = z.discriminatedUnion('state', [
  z.object({ state: z.literal('caught'), by: z.string() }),
  z.object({ state: z.literal('survived') }),
  z.object({ state: z.literal('broken'), why: z.string() }),
])
export type Outcome = z.output<typeof outcome>

/** A request to run test files. `changed`: the files in `src/` that have changed since the last run. */
export const request = z.object({ tests: z.array(z.string()), changed: z.array(z.string()) })
export type Request = z.output<typeof request>
