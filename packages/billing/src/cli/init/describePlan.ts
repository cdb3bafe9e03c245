import type { InitPlan } from './planInit.ts'

/** Returns the report that `init` prints. */
export function describePlan(plan: InitPlan, { write }: { write: boolean }, written: string[]): string {
  const { found, changes, done, byHand, next } = plan
  const width = Math.max(...found.map(([part]) => part.length))
  return [
    section(
      'Found',
      found.map(([part, place]) => `${part.padEnd(width)}  ${place}`),
    ),
    section('Written', written),
    section('Already done', done),
    !write && changes.length > 0
      ? `Changes (to make them, run again with --write)\n\n${changes.map(({ diff }) => diff).join('')}`
      : '',
    section(
      'To do by hand',
      byHand.map(({ title, reason, code }) => `${title}: ${reason}\n    ${code}`),
    ),
    byHand.length === 0 && changes.length === 0 ? 'The app is set up.\n' : '',
    section('Next', next),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

const section = (title: string, lines: string[]) =>
  lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
