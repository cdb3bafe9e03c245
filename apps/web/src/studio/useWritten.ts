import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query'

const queryKey = ['written']

/**
 * Keeps the last text's tokens, which the user has paid for, while the user is on other screens. Signing out
 * removes the tokens.
 */
export function useWritten() {
  const queryClient = useQueryClient()
  const { data: tokens = [] } = useQuery<string[]>({
    queryKey,
    queryFn: skipToken,
    gcTime: Number.POSITIVE_INFINITY,
  })
  return {
    tokens,
    put: (text: string[]) => queryClient.setQueryData<string[]>(queryKey, text),
    add: (token: string) => queryClient.setQueryData<string[]>(queryKey, (before = []) => [...before, token]),
  }
}
