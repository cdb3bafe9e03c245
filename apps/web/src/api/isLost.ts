import { TRPCClientError } from '@trpc/client'

/**
 * Returns whether the answer to a call got lost. The call may have run, so a client may only repeat it under the same key.
 */
export function isLost(error: unknown): boolean {
  return error instanceof TRPCClientError && !error.data && error.cause?.name !== 'AbortError'
}
