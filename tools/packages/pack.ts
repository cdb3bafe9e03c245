// Builds and packs the published packages. `packages:check`, the browser tests and `strangers:packed` use the result.
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { packageTarballs } from './tarballs.ts'

await Promise.all(
  (await packageTarballs()).map(async ({ name, source, file }) => {
    await mkdir(dirname(file), { recursive: true })
    await promisify(execFile)('pnpm', ['pack', '--out', file], { cwd: source, maxBuffer: 1e8 })
    console.log(`packed ${name}`)
  }),
)
