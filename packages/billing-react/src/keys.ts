import type { QueryClient, QueryKey } from '@tanstack/react-query'

/**
 * Everything billing keeps in the query cache stands under the customer it belongs to: versions count per customer, so an answer for one
 * must never meet an answer for another.
 */
export const keys = {
  customer: (customer: string | null) => ['billing', customer] as const,
  balances: (customer: string | null) => ['billing', customer, 'balances'] as const,
  usage: (customer: string | null) => ['billing', customer, 'usage'] as const,
  /** Apart from the customer's other keys: what makes those stale is no reason to look at Flowglad. */
  books: (customer: string | null) => ['billing-books', customer] as const,
  /** Mutations: another customer's hooks never show what became of them. */
  mutation: (customer: string | null, name: string) => ['billing', customer, name] as const,
  charges: (customer: string | null) => ['billing', customer, 'charges'] as const,
  /** The same for everybody, signed in or not. */
  plans: ['billing-plans'] as const,
  /** What @flowglad/react's hooks keep, in the same cache when the app's provider stands inside FlowgladProvider. */
  flowglad: [['customers/billing'], ['flowglad-usage-meters']] as const,
}

/** Of some customer, but not of this one. */
export const isOfAnother = (customer: string | null, [first, of]: QueryKey): boolean =>
  (first === 'billing' || first === 'billing-books') && of !== customer

export function invalidateFlowglad(queryClient: QueryClient): void {
  for (const queryKey of keys.flowglad) void queryClient.invalidateQueries({ queryKey })
}
