import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { readUsage } from '../src/options.ts'
import { createDirectory } from './process.ts'

const run = promisify(execFile)

/** Copies the command to a package folder without `dist/`. */
async function copyCommand(folder: string): Promise<string> {
  await cp(fileURLToPath(new URL('../bin', import.meta.url)), `${folder}/bin`, { recursive: true })
  return `${folder}/bin/flowglad-local.js`
}

it.each(['--help', '-h'])('prints the help for %s before the first build', async (flag) => {
  await using directory = await createDirectory()
  const command = await copyCommand(directory.path)
  expect(await run(process.execPath, [command, flag])).toEqual({ stdout: readUsage(), stderr: '' })
})

it('prints the build command before the first build', async () => {
  await using directory = await createDirectory()
  const command = await copyCommand(directory.path)
  await expect(run(process.execPath, [command])).rejects.toMatchObject({
    code: 1,
    stderr: 'flowglad-local is not built yet. Build it once with: npx -y pnpm@12 build\n',
  })
})
