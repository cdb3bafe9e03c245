import { z } from 'zod'
import { Problem, rejectedPanic, rejectedResult } from '../platform/problems.ts'
import type { Route } from './route.ts'

const createInput = z.object({
  apiKey: z.discriminatedUnion('type', [
    z.object({
      pricingModelId: z.string(),
      name: z.string(),
      type: z.literal('secret'),
      active: z.boolean().optional(),
      expiresAt: z.coerce.date().nullish(),
    }),
  ]),
})

/**
 * Adds the routes for API keys. The routes always return an error. On the platform, only the dashboard can
 * create and delete keys. This server's keys have no IDs, so every lookup by ID fails.
 */
export function apiKeyRoutes(route: Route): void {
  route('POST', '/api-keys', { body: createInput }, () => {
    throw rejectedResult('Error', 'No user found for a non-API key transaction')
  })
  route('GET', '/api-keys/:id', {}, ({ params }) => {
    throw rejectedPanic('NotFoundError', `No api keys found with id: ${params.id}`)
  })
  route('DELETE', '/api-keys/:id', {}, () => {
    throw new Problem(
      'METHOD_NOT_SUPPORTED',
      'Unsupported DELETE-request to mutation procedure at path "apiKeys.delete"',
    )
  })
}
