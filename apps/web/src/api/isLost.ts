import { TRPCClientError } from '@trpc/client'

/**
 * Returns whether the response to a call was lost. The call may have run, so the client must retry it with
 * the same key.
 */
export function isLost(error: unknown): boolean {
  return error instanceof TRPCClientError && !error.data && error.cause?.name !== 'AbortError'
}
