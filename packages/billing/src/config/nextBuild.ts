import { SetupError } from './setupError.ts'

/** Returns whether this process runs `next build`. The build imports an app's modules and renders its pages. */
export const isNextBuild = () => globalThis.process?.env.NEXT_PHASE === 'phase-production-build'

/** Throws during `next build`, so that a build neither creates a ledger nor delivers usage. */
export function assertNotNextBuild(): void {
  if (!isNextBuild()) return
  throw new SetupError(
    "Billing can't be used while `next build` runs. Render the page on each request: export const dynamic = 'force-dynamic'",
  )
}
