import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from '../stack/startProcess.ts'

const run = promisify(execFile)

export interface Tarball {
  /** The package's name, such as `@metered/billing`. */
  name: string
  /** The file's name, such as `metered-billing.tgz`. An app depends on `file:tarballs/metered-billing.tgz`. */
  fileName: string
  path: string
  manifest: Manifest
}

/** The `package.json` fields that npm copies to a lockfile. */
export interface Manifest {
  version: string
  license?: string | undefined
  bin?: Record<string, string> | undefined
  dependencies?: Record<string, string> | undefined
  engines?: Record<string, string> | undefined
  peerDependencies?: Record<string, string> | undefined
  peerDependenciesMeta?: Record<string, { optional?: boolean }> | undefined
}

/** Builds the packages that the apps install, and packs them as `pnpm publish` does. */
export async function packPackages(folder: string): Promise<Tarball[]> {
  return Promise.all(
    ['billing', 'flowglad-local'].map((name) => pack(join(repository, 'packages', name), folder)),
  )
}

async function pack(source: string, folder: string): Promise<Tarball> {
  const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
  const fileName = `${name.replace('@', '').replace('/', '-')}.tgz`
  const path = join(folder, fileName)
  await run('pnpm', ['pack', '--out', path], { cwd: source, maxBuffer: 1e8 })
  const { stdout } = await run('tar', ['-xzOf', path, 'package/package.json'])
  return { name, fileName, path, manifest: JSON.parse(stdout) }
}
