import { useMutation, useQueryClient } from '@tanstack/react-query'
import { trpc } from '../api/trpc.ts'
import { useIdempotencyKey } from './useIdempotencyKey.ts'

const mutationKey = ['look up']

/**
 * Looks up a word. The server declares a query. The client runs it as a mutation, because each click costs a
 * unit.
 */
export function useLookUp() {
  const { client } = trpc.useUtils()
  const queryClient = useQueryClient()
  const { context, ...callbacks } = useIdempotencyKey()
  const lookUp = useMutation({
    mutationKey,
    ...callbacks,
    mutationFn: (input: { term: string }) => client.studio.lookup.query(input, { context }),
  })

  function start(input: { term: string }) {
    if (queryClient.isMutating({ mutationKey }) === 0) lookUp.mutate(input)
  }
  return { ...lookUp, start }
}
