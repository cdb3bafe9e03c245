import type { Manifest, Tarball } from './packPackages.ts'

/** The parts of npm's `package-lock.json` that this folder changes. */
export interface Lockfile {
  packages: Record<string, Partial<Manifest> & { resolved?: string; integrity?: string }>
}

/**
 * Adds the tarballs to an app's lockfile. The lockfile in the repository contains everything else: the app's own
 * dependencies and our packages' dependencies. If one of these packages is missing, `npm ci` fails.
 */
export function withTarballs(lockfile: Lockfile, tarballs: Tarball[]): Lockfile {
  const used = tarballs.filter(({ name }) => isDependency(lockfile, name))
  const entries = used.map(({ name, fileName, manifest }) => {
    const { version, license, dependencies, bin, engines, peerDependencies, peerDependenciesMeta } = manifest
    const resolved = `file:tarballs/${fileName}`
    return [
      `node_modules/${name}`,
      { version, resolved, license, dependencies, bin, engines, peerDependencies, peerDependenciesMeta },
    ] as const
  })
  return { ...lockfile, packages: { ...lockfile.packages, ...Object.fromEntries(entries) } }
}

/** Removes the tarballs from an app's lockfile, because their content changes with every commit. */
export function withoutTarballs(lockfile: Lockfile): Lockfile {
  const packages = Object.entries(lockfile.packages).filter(
    ([, { resolved }]) => !resolved?.startsWith('file:'),
  )
  return { ...lockfile, packages: Object.fromEntries(packages) }
}

const isDependency = ({ packages }: Lockfile, name: string) => {
  const root: Partial<Manifest> & { devDependencies?: Record<string, string> } = packages[''] ?? {}
  return name in { ...root.dependencies, ...root.devDependencies }
}
