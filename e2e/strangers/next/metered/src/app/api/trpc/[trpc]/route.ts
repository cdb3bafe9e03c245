import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { billing } from '~/billing'
import { createContext } from '~/trpc/init'
import { appRouter } from '~/trpc/router'

const handler = (req: Request) =>
  fetchRequestHandler({
    endpoint: '/api/trpc',
    req,
    router: appRouter,
    createContext: async (opts) => ({ ...(await createContext()), ...billing.trpc.request(opts) }),
  })

export { handler as GET, handler as POST }
