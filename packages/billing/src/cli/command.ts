import { parseArgs } from 'node:util'
import type { z } from 'zod'
import { type OptionName, options } from './options.ts'

/** The parts of the process that a command uses. */
export interface CommandContext {
  /** The working directory. */
  folder: string
  env: Record<string, string | undefined>
  /** The name of the operating system's user. */
  user: string
  /** Shows the progress of a long-running command. Each text replaces the previous one. */
  progress(text: string): void
  /**
   * Writes to standard output, and waits until the reader accepts more. Use this function for output that
   * doesn't fit in memory.
   */
  write(text: string): Promise<void>
}

/**
 * A command's output and exit code: 0 = ok, 1 = failed or a check found a problem, 2 = wrong command line.
 */
export interface CommandResult {
  code: 0 | 1 | 2
  stdout: string
  stderr: string
}

/** A command's output. `--json` prints `json` instead of `text`. */
export interface Report {
  /** Default: 0. */
  code?: 0 | 1
  text: string
  json: unknown
}

/** The error for a wrong command line. The message is one line. */
export class UsageError extends Error {}

/** The error for a command that fails. The message is one line. */
export class CommandError extends Error {}

/** One subcommand of `metered`. */
export interface Command {
  name: string
  /** One line for the list of commands. */
  summary: string
  help: string
  /** Parses the arguments after the command's name, and runs the command. */
  run(argv: string[], context: CommandContext): Promise<{ report: Report; isJson: boolean }>
}

/** Creates a subcommand from its definition. `input` parses the arguments and options, by name. */
export function defineCommand<Input extends z.ZodType>(definition: {
  name: string
  summary: string
  /** The names of the arguments. Every argument is required. */
  arguments: string[]
  options: OptionName[]
  /** Explains what the command does and what happens next. */
  details: string
  input: Input
  run(input: z.output<Input>, context: CommandContext): Promise<Report>
}): Command {
  const { name, summary, input } = definition
  return {
    name,
    summary,
    help: helpOf(definition),
    async run(argv, context) {
      const values = parseCommandLine(definition, argv)
      const parsed = input.safeParse(values)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        const path = issue?.path.join('.') ?? ''
        const given = definition.arguments.includes(path) ? `<${path}>` : `--${path}`
        throw new UsageError(
          values[path] === undefined
            ? `metered ${name} needs ${given}.`
            : `metered ${name}: ${given}: ${issue?.message ?? 'invalid'}.`,
        )
      }
      return { report: await definition.run(parsed.data, context), isJson: values.json === true }
    },
  }
}

function parseCommandLine(
  { name, arguments: names, options: accepted }: { name: string; arguments: string[]; options: OptionName[] },
  argv: string[],
): Record<string, string | boolean | undefined> {
  try {
    const { values, positionals } = parseArgs({
      // Put a space before a negative number. Otherwise, `parseArgs` would parse it as an option.
      args: argv.map((arg) => (/^-\d+$/.test(arg) ? ` ${arg}` : arg)),
      options: Object.fromEntries(accepted.map((it) => [it, { type: options[it].type }])),
      allowPositionals: true,
    })
    const unexpected = positionals[names.length]
    if (unexpected !== undefined) throw new UsageError(`Unexpected argument: ${unexpected.trim()}`)
    const given = names.map((it, index) => [it, positionals[index]?.trim()])
    return { ...values, ...Object.fromEntries(given) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // Leave out Node's advice on how to pass an argument that starts with a dash.
    const message = error.message.split(/\. To specify|\n/)[0]
    throw new UsageError(`metered ${name}: ${message}.`)
  }
}

function helpOf({
  name,
  arguments: names,
  options: accepted,
  details,
}: {
  name: string
  arguments: string[]
  options: OptionName[]
  details: string
}): string {
  const usage = ['Usage: metered', name, ...names.map((it) => `<${it}>`), '[options]'].join(' ')
  const flags: [OptionName | 'help', string, string][] = accepted.map((it) => {
    const { type, value, help } = { value: '', ...options[it] }
    return [it, type === 'string' ? `--${it} <${value}>` : `--${it}`, help]
  })
  flags.push(['help', '--help', 'prints this text'])
  const width = Math.max(...flags.map(([, flag]) => flag.length))
  const lines = flags.map(([, flag, help]) => `  ${flag.padEnd(width)}  ${help}`)
  return `${usage}\n\n${details}\n\n${lines.join('\n')}\n`
}
