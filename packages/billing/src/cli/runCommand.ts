import { describePlan } from './describePlan.ts'
import { planInit } from './planInit.ts'
import { ArgumentsError, helpText, readArguments } from './readArguments.ts'
import { readSources } from './readSources.ts'
import { writePlan } from './writePlan.ts'

/** A command's output and exit code. */
export interface CommandResult {
  code: 0 | 1
  stdout: string
  stderr: string
}

/** Runs the `metered` command on the app in `folder`. */
export async function runCommand(argv: string[], folder: string): Promise<CommandResult> {
  try {
    return await run(argv, folder)
  } catch (error) {
    if (!(error instanceof ArgumentsError)) throw error
    return failure(`${error.message}\n\n${helpText}`)
  }
}

async function run(argv: string[], folder: string): Promise<CommandResult> {
  const command = readArguments(argv)
  if (command === 'help') return success(helpText)
  const { sources, paths } = await readSources(folder)
  const plan = planInit(sources, paths)
  if (plan === null) {
    return failure(
      `No tRPC app was found in ${folder}: none of its ${sources.size} TypeScript files calls initTRPC.create(). Nothing was changed. Run the command in the folder that contains your app's package.json.\n`,
    )
  }
  const written = await writePlan(folder, plan, command)
  return success(describePlan(plan, command, written))
}

const success = (stdout: string): CommandResult => ({ code: 0, stdout, stderr: '' })
const failure = (stderr: string): CommandResult => ({ code: 1, stdout: '', stderr })
