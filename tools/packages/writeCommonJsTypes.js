// Copies a package's declaration files to `dist/commonjs`, for TypeScript apps that are CommonJS.
//
// tRPC and TanStack Query have two builds with separate types. TypeScript chooses the build by the format of the
// importing file: an app that is CommonJS and a declaration file that is an ES module would get types that don't
// match. The copies are CommonJS to TypeScript, so they and the app import the same types. Node never loads them.
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
