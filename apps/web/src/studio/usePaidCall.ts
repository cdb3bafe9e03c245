import { billingDenial } from '@metered/billing/client'
import { type MutateOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { isLost } from '../api.ts'

interface Call {
  context: { idempotencyKey: string }
}

/**
 * A mutation that costs credits. One runs at a time, however fast somebody clicks; and when the answer to the last one got lost, trying the
 * same again goes under the same key, so that it is charged once.
 */
export function usePaidCall<Input, Output>(name: string, run: (input: Input, call: Call) => Promise<Output>) {
  const queryClient = useQueryClient()
  const unanswered = useRef<{ input: string; key: string } | null>(null)
  const mutationKey = ['paid', name]

  const mutation = useMutation({
    mutationKey,
    mutationFn: async (input: Input) => {
      const asText = JSON.stringify(input)
      const key = unanswered.current?.input === asText ? unanswered.current.key : crypto.randomUUID()
      unanswered.current = { input: asText, key }
      try {
        const output = await run(input, { context: { idempotencyKey: key } })
        unanswered.current = null
        return output
      } catch (error) {
        const mayHaveRun = isLost(error) || billingDenial(error)?.code === 'IN_PROGRESS'
        if (!mayHaveRun) unanswered.current = null
        throw error
      }
    },
  })

  function start(input: Input, options: MutateOptions<Output, Error, Input> = {}) {
    // Asked of the cache: React has not rendered the disabled button yet when the second click of a double click comes.
    if (queryClient.isMutating({ mutationKey }) === 0) mutation.mutate(input, options)
  }
  return { ...mutation, start }
}
