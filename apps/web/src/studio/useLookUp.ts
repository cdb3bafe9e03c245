import { usePaidCall } from '@metered/billing-react'
import { trpc } from '../api/trpc.ts'

export function useLookUp() {
  const { client } = trpc.useUtils()
  return usePaidCall((input: { term: string }, call) => client.studio.lookup.mutate(input, call), {
    mutationKey: ['look up'],
  })
}
