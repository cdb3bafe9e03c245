import { createRequire } from 'node:module'
import { z } from 'zod'

const manifest = z.object({ version: z.string() })

/** Returns the version of `@metered/billing`. */
export const packageVersion = (): string =>
  manifest.parse(createRequire(import.meta.url)('../../package.json')).version
