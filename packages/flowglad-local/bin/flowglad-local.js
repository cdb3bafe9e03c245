#!/usr/bin/env node
// A file that is there before the first build, so that installing can link the command.
import { existsSync } from 'node:fs'

const built = new URL('../dist/main.js', import.meta.url)
if (existsSync(built)) await import(built.href)
else {
  console.error('flowglad-local is not built yet. Build it once with: npx -y pnpm@12 build')
  process.exitCode = 1
}
