import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { TRPCClientError } from '@trpc/client'
import { createContext, type ReactNode, use, useState } from 'react'
import { BillingProvider } from './billing.ts'
import { createTrpcClient } from './createTrpcClient.ts'
import { trpc } from './trpc.ts'

export interface User {
  id: string
  name: string
  email: string
  emailVerified: boolean
  /** True if the user signed up while the server required verified email addresses. */
  mustVerifyEmail?: boolean | null
  /** The time at which the user last reset their password with the link in an email. */
  passwordResetAt?: Date | null
}

/** Returns whether the user must verify the email address before getting free credits. */
export const awaitsVerification = ({ emailVerified, mustVerifyEmail }: User) =>
  mustVerifyEmail === true && !emailVerified

const UserContext = createContext<User | null>(null)

/** Returns the signed-in user, or null for a visitor. */
export const useUser = () => use(UserContext)

/**
 * Provides one user's query cache, tRPC client and balances stream. The user's ID is the component's key, so
 * the cache is empty after a sign-out or a change of user.
 */
export function Session({
  user,
  onUserChange,
  children,
}: {
  user: User | null
  /** Called when a response belongs to another user, for example after a sign-in in another tab. */
  onUserChange: () => void
  children: ReactNode
}) {
  const [{ queryClient, client }] = useState(() => {
    const queryClient = createQueryClient()
    return { queryClient, client: createTrpcClient(queryClient) }
  })
  return (
    <UserContext value={user}>
      <trpc.Provider client={client} queryClient={queryClient}>
        <QueryClientProvider client={queryClient}>
          <BillingProvider
            client={client.billing}
            customer={user && !awaitsVerification(user) ? user.id : null}
            onCustomerChange={onUserChange}
          >
            {children}
          </BillingProvider>
        </QueryClientProvider>
      </trpc.Provider>
    </UserContext>
  )
}

function createQueryClient() {
  return new QueryClient({
    defaultOptions: {
      // While the browser is offline, a query fails immediately, so that the screen can report the failure. When
      // the connection returns, the query runs again.
      queries: {
        staleTime: 5_000,
        retry: isWorthRetrying,
        networkMode: 'always',
        refetchOnReconnect: true,
      },
      // While the browser is offline, a paid call fails immediately. By default, TanStack Query would
      // pause the call and start it without a click when the connection returns.
      mutations: { networkMode: 'always' },
    },
  })
}

function isWorthRetrying(failures: number, error: Error) {
  if (!navigator.onLine) return false
  const status = error instanceof TRPCClientError ? error.data?.httpStatus : undefined
  const isFinal = typeof status === 'number' && status < 500 && status !== 429
  return failures < 2 && !isFinal
}
