import { createRequire } from 'node:module'
import { SetupError } from '../config/setupError.ts'

/**
 * Throws a `SetupError` unless the version of `@trpc/server` is supported. The prereleases of 11.0.0 aren't
 * supported, because their procedures can't be combined. Accepts null, which means that the version is
 * unknown, for example in a bundle.
 */
export function assertTrpcVersion(version: string | null = installedVersion()): void {
  if (version === null || (version.startsWith('11.') && !version.startsWith('11.0.0-'))) return
  throw new SetupError(
    `@metered/billing supports @trpc/server 11, but version ${version} is installed. Install @trpc/server@11.`,
  )
}

function installedVersion(): string | null {
  try {
    const manifest: unknown = createRequire(import.meta.url)('@trpc/server/package.json')
    const version = typeof manifest === 'object' && manifest && 'version' in manifest && manifest.version
    return typeof version === 'string' ? version : null
  } catch {
    return null
  }
}
