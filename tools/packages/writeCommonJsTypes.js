// Copies a package's declaration files to `dist/commonjs`, for TypeScript apps that are CommonJS.
//
// tRPC and TanStack Query have two builds with separate types, and TypeScript chooses the build by the format of the
// importing file. A CommonJS app and our ES module declarations would therefore get types that don't match.
// TypeScript treats the copies as CommonJS, so they import the same types as the app. Node never loads the copies.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const folder = 'commonjs'

for (const file of await readdir('dist', { recursive: true })) {
  if (!file.endsWith('.d.ts') || file.startsWith(folder)) continue
  const copy = join('dist', folder, file)
  await mkdir(dirname(copy), { recursive: true })
  await writeFile(copy, await readFile(join('dist', file)))
}
await writeFile(join('dist', folder, 'package.json'), '{ "type": "commonjs" }\n')
