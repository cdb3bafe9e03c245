import { QueryClient } from '@tanstack/react-query'
import { httpBatchLink, retryLink } from '@trpc/client'
import { createTRPCReact } from '@trpc/react-query'
import type { AppRouter } from '../src/router.js'

// An error without `data` means that no response arrived.
const retry = retryLink<AppRouter>({ retry: ({ error, attempts }) => !error.data && attempts < 3 })

export const trpc = createTRPCReact<AppRouter>()
export const queryClient = new QueryClient()
export const trpcClient = trpc.createClient({
  links: [retry, httpBatchLink({ url: '/api/trpc' })],
})
