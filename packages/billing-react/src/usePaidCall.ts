import {
  hashKey,
  type MutateOptions,
  type MutationKey,
  type QueryClient,
  type UseMutationOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { useId } from 'react'
import { mayHaveRun } from './mayHaveRun.ts'

/** The options to pass to the tRPC call: `client.studio.generate.mutate(input, call)`. */
export interface PaidCall {
  context: { idempotencyKey: string }
}

/** The input and the key of the most recent call, if its outcome is unknown. */
interface Unanswered {
  input: string
  key: string
}

/**
 * The calls whose outcome is unknown, by QueryClient and mutation key. The map is outside the hook, so a call
 * keeps its key when the user leaves a screen and returns.
 */
const unansweredCalls = new WeakMap<QueryClient, Map<string, Unanswered>>()

/**
 * Returns a mutation for a call that costs units. `start(input)` starts the call unless it is already
 * running, so a double click starts only one call.
 *
 * Each call gets an idempotency key. If a call's outcome is unknown, for example after a lost connection, the
 * next call with the same input reuses the key, so the customer is charged once. TanStack Query's own retries
 * also keep the key. After a result, a definite failure or an abort, the next call gets a new key.
 *
 * `run` makes the call: `(input, call) => client.studio.generate.mutate(input, call)`. `options` are TanStack
 * Query's mutation options. Pass a `mutationKey` if several components start the same call.
 */
export function usePaidCall<Input, Output, Failure extends { message: string } = Error>(
  run: (input: Input, call: PaidCall) => Promise<Output>,
  options: Omit<UseMutationOptions<Output, Failure, Input>, 'mutationFn'> = {},
) {
  const queryClient = useQueryClient()
  const id = useId()
  const mutationKey = options.mutationKey ?? ['paid call', id]

  const {
    mutate,
    mutateAsync: _,
    ...mutation
  } = useMutation<Output, Failure, Input>({
    // Offline, a paid call fails immediately instead of starting without a click once the device is back
    // online.
    networkMode: 'always',
    ...options,
    mutationKey,
    async mutationFn(input) {
      const calls = callsOf(queryClient)
      const name = hashKey(mutationKey)
      const text = textOf(input)
      const last = calls.get(name)
      const key = last !== undefined && last.input === text ? last.key : crypto.randomUUID()
      if (text === null) calls.delete(name)
      else calls.set(name, { input: text, key })
      try {
        const output = await run(input, { context: { idempotencyKey: key } })
        calls.delete(name)
        return output
      } catch (error) {
        if (!mayHaveRun(error)) calls.delete(name)
        throw error
      }
    },
  })

  /** Starts the call, unless it is already running. */
  function start(input: Input, callbacks?: MutateOptions<Output, Failure, Input>) {
    // Check the mutation cache, which is updated immediately, because a button stays enabled until the next
    // render.
    if (isRunning(queryClient, mutationKey)) return
    if (callbacks) mutate(input, callbacks)
    else mutate(input)
  }
  return { ...mutation, start }
}

const isRunning = (queryClient: QueryClient, mutationKey: MutationKey) =>
  queryClient.isMutating({ mutationKey, exact: true }) > 0

function callsOf(queryClient: QueryClient): Map<string, Unanswered> {
  const known = unansweredCalls.get(queryClient)
  if (known) return known
  const calls = new Map<string, Unanswered>()
  unansweredCalls.set(queryClient, calls)
  return calls
}

/**
 * Returns the input as a comparable string. Returns null if the input can't be converted to JSON. A call with
 * such an input always gets a new key.
 */
function textOf(input: unknown): string | null {
  try {
    return hashKey([input])
  } catch {
    return null
  }
}
