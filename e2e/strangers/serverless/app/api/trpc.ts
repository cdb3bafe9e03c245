import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { finish } from '../src/finish.js'
import type { Invocation } from '../src/invocation.js'
import { appRouter } from '../src/router.js'
import { createContext } from '../src/trpc.js'

export default async function trpc(req: Request, { waitUntil }: Invocation): Promise<Response> {
  const response = await fetchRequestHandler({ endpoint: '/api/trpc', req, router: appRouter, createContext })
  waitUntil(finish())
  return response
}
