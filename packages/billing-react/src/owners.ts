import type { QueryClient } from '@tanstack/react-query'

/**
 * Whose a query cache is: the customer of the BillingProvider that stands over it. Outlives the provider, which an app may take down at sign-out; the
 * next one then still knows whose traces to remove. undefined: no provider has been there yet.
 */
const owners = new WeakMap<QueryClient, string | null>()

export const ownerOf = (queryClient: QueryClient): string | null | undefined => owners.get(queryClient)

export function setOwner(queryClient: QueryClient, customer: string | null): void {
  owners.set(queryClient, customer)
}
