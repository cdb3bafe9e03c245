import { isInvalidCommand, isLedgerUnavailable } from '../ledger/onLedger.ts'
import type { Command, CommandContext, CommandResult } from './command.ts'
import { UsageError } from './command.ts'
import { acts } from './commands/acts.ts'
import { adjust } from './commands/adjust.ts'
import { audit } from './commands/audit.ts'
import { backup } from './commands/backup.ts'
import { customer } from './commands/customer.ts'
import { drop } from './commands/drop.ts'
import { exportCommand } from './commands/export.ts'
import { init } from './commands/init.ts'
import { move } from './commands/move.ts'
import { parked } from './commands/parked.ts'
import { pricingPush } from './commands/pricingPush.ts'
import { refund } from './commands/refund.ts'
import { release } from './commands/release.ts'
import { restored } from './commands/restored.ts'
import { retry } from './commands/retry.ts'
import { schema } from './commands/schema.ts'
import { hideSecrets } from './hideSecrets.ts'
import { packageVersion } from './packageVersion.ts'

const commands: Command[] = [
  init,
  customer,
  parked,
  retry,
  drop,
  release,
  adjust,
  refund,
  acts,
  exportCommand,
  audit,
  backup,
  restored,
  move,
  schema,
  pricingPush,
]

const width = Math.max(...commands.map(({ name }) => name.length))
const helpText = `Usage: metered <command> [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

metered <command> --help describes a command. metered --version prints the version.
Exit codes: 0 = ok, 1 = failed or found a problem, 2 = wrong command line.
`

/**
 * Runs the `metered` command. Never rejects. Error messages contain no password. Without `context.write`, all
 * output is in the result. Without `context.progress`, progress isn't shown.
 */
export async function runCommand(
  argv: string[],
  {
    write,
    progress = () => {},
    ...context
  }: Omit<CommandContext, 'write' | 'progress'> & Partial<CommandContext>,
): Promise<CommandResult> {
  const written: string[] = []
  const collect = async (text: string) => void written.push(text)
  const result = await run(argv, { ...context, progress, write: write ?? collect })
  const hide = hideSecrets([...argv, context.env.METERED_LEDGER, context.env.FLOWGLAD_SECRET_KEY])
  return { ...result, stdout: `${written.join('')}${result.stdout}`, stderr: hide(result.stderr) }
}

async function run(argv: string[], context: CommandContext): Promise<CommandResult> {
  // A command's name has one or two words.
  const words = commands.some((it) => it.name === argv.slice(0, 2).join(' ')) ? 2 : 1
  const name = argv.length === 0 ? undefined : argv.slice(0, words).join(' ')
  const rest = argv.slice(words)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return success(helpText)
  const command = commands.find((it) => it.name === name)
  if (name === '--version') return success(`${packageVersion()}\n`)
  if (!command) {
    const longer = commands.filter((it) => it.name.startsWith(`${name} `)).map((it) => `metered ${it.name}`)
    const suggestion = longer.length > 0 ? ` Did you mean ${longer.join(' or ')}?` : ''
    return failure(2, `Unknown command: ${name}.${suggestion} metered --help lists the commands.`)
  }
  if (rest.includes('--help') || rest.includes('-h')) return success(command.help)
  try {
    const { report, isJson } = await command.run(rest, context)
    const stdout = isJson ? `${JSON.stringify(report.json, null, 2)}\n` : report.text
    return { code: report.code ?? 0, stdout, stderr: '' }
  } catch (error) {
    if (error instanceof UsageError) return failure(2, `${error.message} See metered ${name} --help.`)
    return failure(isInvalidCommand(error) ? 2 : 1, messageOf(error))
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isLedgerUnavailable(error) && error.reason === 'storeOutOfReach')
    return `The ledger's database isn't responding: ${messageOf(error.cause)}`
  // If none of a host's addresses can be reached, Node throws an error that has no message, but contains the
  // error of each attempt.
  return error instanceof AggregateError ? messageOf(error.errors[0]) : error.message
}

const success = (stdout: string): CommandResult => ({ code: 0, stdout, stderr: '' })
const failure = (code: 1 | 2, message: string): CommandResult => ({
  code,
  stdout: '',
  stderr: `${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`,
})
