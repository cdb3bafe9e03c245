import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Lockfile, withoutTarballs, withTarballs } from './lockfile.ts'
import type { Tarball } from './packPackages.ts'
import { runCommand } from './startCommand.ts'

export interface InstallOptions {
  /** The app's folder in the repository. */
  source: string
  /** The folder to copy the app to. */
  folder: string
  tarballs: Tarball[]
  env: Record<string, string>
}

/**
 * Copies the metered app and the tarballs to a folder and installs the exact versions from the app's
 * lockfile.
 */
export async function installApp(options: InstallOptions): Promise<void> {
  await copyApp(options)
  const { folder, tarballs, env } = options
  const path = join(folder, 'package-lock.json')
  await writeJson(path, withTarballs(await readJson<Lockfile>(path), tarballs))
  await runCommand('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder, env }).catch(
    (error: Error) => {
      throw new Error(
        `${error.message}\nIf a dependency changed, update the lockfiles with: pnpm strangers --lock`,
      )
    },
  )
}

/**
 * Updates the app's lockfile to match the current dependencies of the app and of the tarballs. Keeps versions that
 * still satisfy these dependencies.
 */
export async function updateLockfile(options: InstallOptions): Promise<void> {
  await copyApp(options)
  const { source, folder, env } = options
  const args = ['install', '--package-lock-only', '--omit-lockfile-registry-resolved', '--no-audit']
  await runCommand('npm', args, { cwd: folder, env })
  const lockfile = await readJson<Lockfile>(join(folder, 'package-lock.json'))
  await writeJson(join(source, 'metered/package-lock.json'), withoutTarballs(lockfile))
}

async function copyApp({ source, folder, tarballs }: InstallOptions) {
  await cp(join(source, 'app'), folder, { recursive: true })
  await cp(join(source, 'metered'), folder, { recursive: true })
  await mkdir(join(folder, 'tarballs'))
  for (const { path, fileName } of tarballs) await cp(path, join(folder, 'tarballs', fileName))
}

const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8'))
const writeJson = (path: string, value: unknown) => writeFile(path, `${JSON.stringify(value, null, 2)}\n`)
