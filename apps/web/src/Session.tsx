import { billingDenial } from '@metered/billing/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { TRPCClientError } from '@trpc/client'
import { createContext, type ReactNode, use, useState } from 'react'
import { ApiContext, createApi } from './api.ts'
import { BillingProvider } from './billing.ts'

export interface User {
  id: string
  name: string
  email: string
}

const UserContext = createContext<User | null>(null)

/** Who is signed in; null when nobody is. */
export const useUser = () => use(UserContext)

/**
 * Everything that belongs to one person: query cache, tRPC client, balances stream. Rendered under a key of the user's id, so that signing
 * out or changing users begins with new ones and leaves nothing of the previous person behind.
 */
export function Session({ user, children }: { user: User | null; children: ReactNode }) {
  const [{ queryClient, api }] = useState(() => {
    const queryClient = createQueryClient()
    return { queryClient, api: createApi(queryClient) }
  })
  return (
    <UserContext value={user}>
      <QueryClientProvider client={queryClient}>
        <ApiContext value={api}>
          <BillingProvider client={api.billing} customer={user?.id ?? null}>
            {children}
          </BillingProvider>
        </ApiContext>
      </QueryClientProvider>
    </UserContext>
  )
}

function createQueryClient() {
  return new QueryClient({
    defaultOptions: {
      // Offline, a screen says so at once instead of loading for ever, and asks again when the network is back.
      queries: {
        staleTime: 5_000,
        retry: isWorthRetrying,
        networkMode: 'always',
        refetchOnReconnect: true,
      },
      // A paid call must not wait for the network to come back and then start by itself: offline, it fails at once and says so.
      mutations: { networkMode: 'always' },
    },
  })
}

function isWorthRetrying(failures: number, error: Error) {
  if (!navigator.onLine) return false
  const code = error instanceof TRPCClientError ? error.data?.httpStatus : undefined
  const willSayTheSame = typeof code === 'number' && code < 500 && code !== 429
  return failures < 2 && !willSayTheSame && billingDenial(error)?.code !== 'NO_SUBSCRIPTION'
}
