#!/usr/bin/env node
import { osUser } from './osUser.ts'
import { runCommand } from './runCommand.ts'
import { showProgress } from './showProgress.ts'

const context = { folder: process.cwd(), env: process.env, user: osUser(), progress: showProgress }
const { code, stdout, stderr } = await runCommand(process.argv.slice(2), context)
showProgress('')
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
