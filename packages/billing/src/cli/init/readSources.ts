import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'build', 'out', 'coverage', 'test', 'tests', '__tests__'])

const isSource = (path: string) =>
  (/\.[cm]?tsx?$/.test(path) && !/\.(d|test|spec)\.[cm]?tsx?$/.test(path)) ||
  /(^|\/)tsconfig\.json$|^package\.json$/.test(path)

/**
 * Reads an app's files. `sources` maps paths to the content of TypeScript files, `package.json` and every
 * `tsconfig.json`. It excludes test files and declaration files. `paths` contains the path of every file. Skips
 * hidden folders, and folders of tests, dependencies and build output.
 */
export async function readSources(folder: string) {
  const sources = new Map<string, string>()
  const paths = new Set<string>()
  const read = async (prefix: string): Promise<void> => {
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && !skipped.has(entry.name)) await read(`${path}/`)
        continue
      }
      paths.add(path)
      if (isSource(path)) sources.set(path, await readFile(join(folder, path), 'utf8'))
    }
  }
  await read('')
  return { sources, paths }
}
