import type { InitPlan } from './planInit.ts'

/** Returns the report of `init` for the terminal. */
export function describePlan(plan: InitPlan, { write }: { write: boolean }, written: string[]): string {
  const { found, changes, done, byHand } = plan
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

const next = [
  'Check `customer` in billing.ts. It returns the signed-in user of your context.',
  'Install the packages: npm install @metered/billing, and npm install --save-dev flowglad-local.',
  'Install a SQLite driver on Node before 22.13: npm install libsql.',
  'Start the local Flowglad: npx flowglad-local --pricing pricing.yaml. Put the two values that it prints in the environment of your server.',
  'Call `await billing.start()` before your server listens. It reports a wrong setting at once.',
  "Meter a mutation: generate: meteredProcedure('generations').mutation(…). Do not meter queries: clients refetch them.",
  'If your app uses @flowglad/react, return the signed-in customer in the options of the billing routes.',
  'Add billing.db* to .gitignore.',
]

const section = (title: string, lines: string[]) =>
  lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
