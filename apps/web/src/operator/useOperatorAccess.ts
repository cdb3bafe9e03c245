import { useUser } from '../api/Session.tsx'
import { trpc } from '../api/trpc.ts'
import { useLastError } from '../denials/useLastError.ts'

/** Returns whether the user is an operator. `isOperator` is undefined until the server responds. */
export function useOperatorAccess() {
  const user = useUser()
  // Only users who have reset their password can be operators, so don't ask the server about other users.
  const canBeOperator = Boolean(user?.passwordResetAt)
  const access = trpc.operator.access.useQuery(undefined, {
    enabled: canBeOperator,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const error = useLastError(access)
  return { isOperator: canBeOperator ? access.data : false, error, refetch: access.refetch }
}
