import { expect, test } from 'vitest'
import { runChaos } from '../../chaos/runChaos.ts'
import { toMarkdown } from '../../chaos/toMarkdown.ts'

/** A short run of `pnpm chaos`. */
test.each([
  { topology: 'sqlite', seed: 1 },
  { topology: 'postgres', seed: 1 },
] as const)(
  'bills each successful call exactly once despite faults (topology: $topology)',
  async ({ topology, seed }) => {
    const result = await runChaos({ topology, seed, durationMs: 9_000, log: () => {} })
    const violated = result.checks.filter(({ violations }) => violations.length > 0)
    expect(violated, toMarkdown(result)).toEqual([])
    expect(result.figures.answered).toBeGreaterThan(0)
  },
  300_000,
)
