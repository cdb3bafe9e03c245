import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query'

interface Written {
  tokens: string[]
  /** The number of tokens charged. It can differ from the number received. Null until the text is complete. */
  charged: number | null
}

const queryKey = ['written']
const nothing: Written = { tokens: [], charged: null }

/**
 * Keeps the last text while the user is on other screens, because the user has paid for it. Signing out removes the
 * text.
 */
export function useWritten() {
  const queryClient = useQueryClient()
  const { data: written = nothing } = useQuery<Written>({
    queryKey,
    queryFn: skipToken,
    gcTime: Number.POSITIVE_INFINITY,
  })
  const change = (to: (before: Written) => Written) =>
    queryClient.setQueryData<Written>(queryKey, (before = nothing) => to(before))
  return {
    written,
    clear: () => change(() => nothing),
    restore: (text: Written) => change(() => text),
    add: (token: string) => change(({ tokens, charged }) => ({ tokens: [...tokens, token], charged })),
    complete: (charged: number) => change(({ tokens }) => ({ tokens, charged })),
  }
}
