import { type Command, commandSchema } from './commands.ts'
import { InvalidCommandError } from './errors.ts'
import { isCertainlyValid } from './isCertainlyValid.ts'

/**
 * Returns the validated command. Commands are validated before they are queued, so a malformed command can't
 * make the other commands in its batch fail.
 *
 * @throws {InvalidCommandError} with the path of the first invalid field.
 */
export function validateCommand(command: Command): Command {
  if (isCertainlyValid(command)) return command
  const parsed = commandSchema.safeParse(command)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new InvalidCommandError({ path: issue?.path.join('.') ?? '', reason: issue?.message ?? 'invalid' })
  }
  const { data } = parsed
  if ('key' in data && (data.key === null) !== (data.fingerprint === null)) {
    throw new InvalidCommandError({ path: 'fingerprint', reason: 'required if and only if there is a key' })
  }
  return data
}
