import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Fault, problemOf } from './fault.ts'

const ownFolder = fileURLToPath(new URL('..', import.meta.url))
const root = join(ownFolder, '../..')
/** The folders and files of the package that tests need. */
const copied = ['src', 'test', 'processes', 'package.json', 'tsconfig.json', 'vitest.config.ts']

/**
 * A copy of this package in a temporary folder. Faults change only the copy. The folder has the same
 * structure as the repository. It contains links to the repository's other packages, to the other files and
 * folders at the repository's root, and to the dependencies.
 */
export class Copy implements AsyncDisposable {
  /** The path of the copied package. */
  readonly folder: string
  readonly #root: string

  private constructor(copyOfRoot: string) {
    this.#root = copyOfRoot
    this.folder = join(copyOfRoot, relative(root, ownFolder))
  }

  static async create(): Promise<Copy> {
    const copy = new Copy(await mkdtemp(join(tmpdir(), 'metered-mutants-')))
    const packages = dirname(copy.folder)
    await mkdir(join(copy.folder, 'node_modules'), { recursive: true })
    await link(root, copy.#root, [basename(packages), '.git'])
    await link(join(root, basename(packages)), packages, [basename(copy.folder)])
    // The copy has its own `node_modules`, because Vite's cache and the bundles of scripts are written there.
    const written = ['.vite', '.vite-temp', '.test-scripts']
    await link(join(ownFolder, 'node_modules'), join(copy.folder, 'node_modules'), written)
    for (const name of copied) await cp(join(ownFolder, name), join(copy.folder, name), { recursive: true })
    return copy
  }

  /** Returns the path of a file in `src/`. */
  path(file: string): string {
    return join(this.folder, 'src', file)
  }

  /** Applies the fault. Returns a function that reverts the change. Throws if the fault can't be applied. */
  async apply(fault: Fault): Promise<() => Promise<void>> {
    const file = this.path(fault.file)
    const text = await readFile(file, 'utf8')
    const problem = problemOf(fault, text)
    if (problem !== null) throw new Error(problem)
    await writeFile(
      file,
      text.replace(fault.find, () => fault.replace),
    )
    return () => writeFile(file, text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#root, { recursive: true, force: true })
  }
}

async function link(from: string, to: string, except: string[]): Promise<void> {
  for (const name of await readdir(from))
    if (!except.includes(name)) await symlink(join(from, name), join(to, name))
}
