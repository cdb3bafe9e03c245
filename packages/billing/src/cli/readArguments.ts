/** What the command does: print the help, or plan the changes and make them if `write` is true. */
export type Command = 'help' | { write: boolean }

export const helpText = `Usage: npx @metered/billing init [--write]

Adds metering to the tRPC app in this folder. Writes billing.ts and pricing.yaml, and shows the
other changes as a diff. Never overwrites a file. You can run it again: it skips what is done.

  --write   makes the changes
  --help    prints this text
`

/** A wrong argument. The message says which one. */
export class ArgumentsError extends Error {}

/** Reads the command line. Throws an `ArgumentsError` if it has an unknown argument. */
export function readArguments(argv: string[]): Command {
  if (argv.length === 0 || argv.some((arg) => arg === '--help' || arg === '-h')) return 'help'
  const unknown = argv.find((arg, index) => (index === 0 ? arg !== 'init' : arg !== '--write'))
  if (unknown !== undefined) throw new ArgumentsError(`Unknown argument: ${unknown}. Nothing was changed.`)
  return { write: argv.includes('--write') }
}
