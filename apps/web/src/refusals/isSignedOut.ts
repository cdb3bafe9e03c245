import { TRPCClientError } from '@trpc/client'

export function isSignedOut(error: unknown): boolean {
  return error instanceof TRPCClientError && error.data?.httpStatus === 401
}
