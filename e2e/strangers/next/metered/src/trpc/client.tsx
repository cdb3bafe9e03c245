'use client'

import { billingLinks } from '@metered/billing/client'
import { isServer, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, retryLink } from '@trpc/client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import { type ReactNode, useState } from 'react'
import type { AppRouter } from './router'

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>()

// An error without `data` means that no response arrived.
const retry = retryLink<AppRouter>({ retry: ({ error, attempts }) => !error.data && attempts < 3 })

let browserQueryClient: QueryClient | undefined

function getQueryClient() {
  if (isServer) return new QueryClient()
  browserQueryClient ??= new QueryClient()
  return browserQueryClient
}

export function Providers({ children }: { children: ReactNode }) {
  const queryClient = getQueryClient()
  const [trpcClient] = useState(() =>
    createTRPCClient<AppRouter>({
      links: billingLinks({ url: '/api/trpc', queryClient, links: [retry] }),
    }),
  )
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  )
}
