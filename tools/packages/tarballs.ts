import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Tarball {
  /** The package's name, such as `@metered/billing`. */
  name: string
  /** The package's source folder. */
  source: string
  /** The tarball's path. */
  file: string
}

/** Returns the published packages and the paths of their tarballs. `pack.ts` writes the tarballs. */
export function packageTarballs(): Promise<Tarball[]> {
  return Promise.all(
    ['billing', 'billing-react', 'flowglad-local'].map(async (folder) => {
      const source = join(import.meta.dirname, '../../packages', folder)
      const { name } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
      const fileName = `${name.replace('@', '').replace('/', '-')}.tgz`
      return { name, source, file: join(import.meta.dirname, 'tarballs', fileName) }
    }),
  )
}
