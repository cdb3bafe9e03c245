#!/usr/bin/env node
import { osUser } from './osUser.ts'
import { runCommand } from './runCommand.ts'

const context = { folder: process.cwd(), env: process.env, user: osUser() }
const { code, stdout, stderr } = await runCommand(process.argv.slice(2), context)
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
