import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query'

const queryKey = ['written']

/** Keeps the tokens of the last text while the user is on other screens, because they have paid for it. Signing out removes it. */
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
