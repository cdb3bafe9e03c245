#!/usr/bin/env node
import { runCommand } from './runCommand.ts'

const { code, stdout, stderr } = await runCommand(process.argv.slice(2), process.cwd())
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
