/**
 * The parsed command line. `write` is true if the command makes the changes, and false if it only shows them.
 */
export type Command = 'help' | { write: boolean }

export const helpText = `Usage: npx @metered/billing init [--write]

Adds metering to the tRPC app in this folder. Writes billing.ts and pricing.yaml, and shows the
other changes as a diff. Never overwrites a file. You can run it again: it skips changes that are
already made.

  --write   makes the changes
  --help    prints this text
`

/** An unknown argument on the command line. The message names the argument. */
export class ArgumentsError extends Error {}

/** Parses the command line. Throws an `ArgumentsError` for an unknown argument. */
export function readArguments(argv: string[]): Command {
  if (argv.length === 0 || argv.some((arg) => arg === '--help' || arg === '-h')) return 'help'
  const unknown = argv.find((arg, index) => (index === 0 ? arg !== 'init' : arg !== '--write'))
  if (unknown !== undefined) throw new ArgumentsError(`Unknown argument: ${unknown}. Nothing was changed.`)
  return { write: argv.includes('--write') }
}
