import type { RateLimit } from './rateLimit.ts'
import { createStudioRouter, type StudioParts } from './studio/studioRouter.ts'
import { type AppBilling, createTrpc } from './trpc.ts'

export interface RouterParts extends StudioParts {
  billing: AppBilling
  rateLimit: RateLimit
}

export function createAppRouter({ billing, rateLimit, ...studio }: RouterParts) {
  const trpc = createTrpc({ billing, rateLimit })
  return trpc.router({
    billing: billing.trpc.router(trpc),
    studio: createStudioRouter(trpc, studio),
  })
}

/** The type of the API. Clients import only this. */
export type AppRouter = ReturnType<typeof createAppRouter>
