import { table } from '../bench/report.ts'
import type { ChaosResult } from './runChaos.ts'

/** The maximum number of violations that the report shows per rule. */
const shownViolations = 10

/** Returns the result of a run as Markdown. */
export function toMarkdown(result: ChaosResult): string {
  const { topology, seed, figures, answers, checks, late, cutShort, history, folder, skipped } = result
  const violated = checks.filter(({ violations }) => violations.length > 0)
  const parts = [
    `### ${topology}, seed ${seed}`,
    table([{ faults: history.length, ...figures }]),
    table(Object.entries(answers).map(([answer, times]) => ({ answer, times }))),
    table(checks.map(({ rule, violations }) => ({ rule, violations: violations.length }))),
    ...(result.recoveries.length > 0 ? [table(result.recoveries.map((it) => ({ ...it })))] : []),
    ...(late.length > 0 ? ['Late settles, which may exceed a grant:', table(late)] : []),
    ...(cutShort.length > 0
      ? ['Streams that were charged before they ended, so their remaining units are free:', table(cutShort)]
      : []),
    ...skipped.map((it) => `Skipped: ${it}`),
    ...violated.map(
      ({ rule, violations }) =>
        `**Violated: ${rule}**\n\n${violations
          .slice(0, shownViolations)
          .map((it) => `* ${it}`)
          .join('\n')}`,
    ),
    ...(violated.length > 0
      ? [`Faults:\n\n${history.map((it) => `* ${it}`).join('\n')}`, `Logs and evidence: ${folder}`]
      : []),
  ]
  return parts.map((it) => `${it}\n`).join('\n')
}
