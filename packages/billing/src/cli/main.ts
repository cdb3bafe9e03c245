#!/usr/bin/env node
import { osUser } from './osUser.ts'
import { runCommand } from './runCommand.ts'
import { showProgress } from './showProgress.ts'

// Ignore errors here, such as those after `metered export | head`, because the callback of `write` reports
// them.
process.stdout.on('error', () => {})
const write = (text: string) =>
  new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })

const context = { folder: process.cwd(), env: process.env, user: osUser(), progress: showProgress, write }
const { code, stdout, stderr } = await runCommand(process.argv.slice(2), context)
showProgress('')
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
