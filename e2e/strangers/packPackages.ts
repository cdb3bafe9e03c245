import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
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

/** The packages that the apps install. */
const sources = ['billing', 'flowglad-local'].map((name) => join(repository, 'packages', name))

/** Builds the packages and packs them as `pnpm publish` would. */
export function packPackages(folder: string): Promise<Tarball[]> {
  return Promise.all(
    sources.map(async (source) => {
      const tarball = await tarballOf(source, folder)
      await run('pnpm', ['pack', '--out', tarball.path], { cwd: source, maxBuffer: 1e8 })
      return withManifest(tarball)
    }),
  )
}

/** Returns the tarballs that the last `pnpm packages:check` or `pnpm test` created. */
export function packedPackages(): Promise<Tarball[]> {
  const folder = join(repository, 'tools/packages/tarballs')
  return Promise.all(
    sources.map(async (source) => {
      const tarball = await tarballOf(source, folder)
      if (!existsSync(tarball.path)) {
        throw new Error(`${tarball.path} is missing. Run \`pnpm packages:check\`, which packs the packages.`)
      }
      return withManifest(tarball)
    }),
  )
}

async function tarballOf(source: string, folder: string): Promise<Omit<Tarball, 'manifest'>> {
  const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
  const fileName = `${name.replace('@', '').replace('/', '-')}.tgz`
  return { name, fileName, path: join(folder, fileName) }
}

async function withManifest(tarball: Omit<Tarball, 'manifest'>): Promise<Tarball> {
  const { stdout } = await run('tar', ['-xzOf', tarball.path, 'package/package.json'])
  return { ...tarball, manifest: JSON.parse(stdout) }
}
