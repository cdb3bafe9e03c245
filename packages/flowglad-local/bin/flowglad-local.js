#!/usr/bin/env node
// This file exists before the first build, so that an installation can link the command.
import { existsSync, readFileSync } from 'node:fs'

const built = new URL('../dist/main.js', import.meta.url)
if (existsSync(built)) await import(built.href)
else if (process.argv.some((arg) => arg === '--help' || arg === '-h')) {
  const isReplay = process.argv.some((arg) => /^--(replay|record)(=|$)/.test(arg))
  process.stdout.write(readFileSync(new URL(isReplay ? 'help-replay.txt' : 'help.txt', import.meta.url)))
} else {
  console.error('flowglad-local is not built yet. Build it once with: npx -y pnpm@12 build')
  process.exitCode = 1
}
