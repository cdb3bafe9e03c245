import type { RateLimit } from './limits/rateLimit.ts'
import { createOperatorRouter, type OperatorParts } from './operator/operatorRouter.ts'
import { createStudioRouter, type StudioParts } from './studio/studioRouter.ts'
import { type AppBilling, createTrpc } from './trpc.ts'

export interface RouterParts extends StudioParts, OperatorParts {
  billing: AppBilling
  rateLimit: RateLimit
}

export function createAppRouter({ billing, rateLimit, isOperator, users, ...studio }: RouterParts) {
  const trpc = createTrpc({ billing, rateLimit })
  return trpc.router({
    billing: billing.trpc.router(trpc),
    studio: createStudioRouter(trpc, studio),
    operator: createOperatorRouter(trpc, { billing, isOperator, users }),
  })
}

/** The API's type. Clients import only types from the server. */
export type AppRouter = ReturnType<typeof createAppRouter>
export type { Kinds } from './studio/kinds.ts'
