import { trpc } from '../api/trpc.ts'
import { useIdempotencyKey } from './useIdempotencyKey.ts'

/** Looks up a word. */
export function useLookUp() {
  const utils = trpc.useUtils()
  const { context, ...callbacks } = useIdempotencyKey()
  const lookUp = trpc.studio.lookup.useMutation({ trpc: { context }, ...callbacks })

  function start(input: { term: string }) {
    if (utils.studio.lookup.isMutating() === 0) lookUp.mutate(input)
  }
  return { ...lookUp, start }
}
