import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query'

const queryKey = ['written']

/** The tokens of the last text, kept while somebody looks at other screens: they are paid for. Signing out forgets them. */
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
