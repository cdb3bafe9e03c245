import { SetupError } from './setupError.ts'

/**
 * Throws a `SetupError` if the Node version is too old. Accepts runtimes that report no Node version
 * (`undefined`).
 */
export function assertNodeVersion(version: string | undefined = process.versions.node): void {
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? [Number.POSITIVE_INFINITY]
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw new SetupError(
    `@metered/billing needs Node 20.19 or later, but this is Node ${version}. Install a newer version of Node.`,
  )
}
