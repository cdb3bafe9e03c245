#!/usr/bin/env node
import { describePlan } from './describePlan.ts'
import { planInit } from './planInit.ts'
import { ArgumentsError, helpText, readArguments } from './readArguments.ts'
import { readSources } from './readSources.ts'
import { writePlan } from './writePlan.ts'

try {
  process.exitCode = await run(process.argv.slice(2), process.cwd())
} catch (error) {
  if (!(error instanceof ArgumentsError)) throw error
  process.stderr.write(`${error.message}\n\n${helpText}`)
  process.exitCode = 1
}

async function run(argv: string[], folder: string): Promise<number> {
  const command = readArguments(argv)
  if (command === 'help') {
    process.stdout.write(helpText)
    return 0
  }
  const { sources, paths } = await readSources(folder)
  const plan = planInit(sources, paths)
  if (plan === null) {
    process.stderr.write(
      `No tRPC app was found in ${folder}: none of its ${sources.size} TypeScript files calls initTRPC.create(). Nothing was changed. Run the command in the folder that contains your app's package.json.\n`,
    )
    return 1
  }
  const written = await writePlan(folder, plan, command)
  process.stdout.write(describePlan(plan, command, written))
  return 0
}
