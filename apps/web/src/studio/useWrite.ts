import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { trpc } from '../api/trpc.ts'
import { useIdempotencyKey } from './useIdempotencyKey.ts'
import { useWritten } from './useWritten.ts'

interface Order {
  prompt: string
  maxTokens: number
}

const mutationKey = ['write']

/**
 * Streams one text at a time. Unlike `trpc.studio.write.useMutation()`, this mutation is pending until the
 * text ends.
 */
export function useWrite() {
  const { client } = trpc.useUtils()
  const queryClient = useQueryClient()
  const { context, ...callbacks } = useIdempotencyKey()
  const { tokens, put, add } = useWritten()
  const [isInterrupted, setInterrupted] = useState(false)
  const aborting = useRef<AbortController | null>(null)
  const stop = () => aborting.current?.abort()
  useEffect(() => stop, [])

  const write = useMutation({
    mutationKey,
    ...callbacks,
    mutationFn: async (order: Order) => {
      aborting.current = new AbortController()
      const { signal } = aborting.current
      setInterrupted(false)
      put([])
      let hasStarted = false
      try {
        for await (const token of await client.studio.write.mutate(order, { context, signal })) {
          hasStarted = true
          add(token)
        }
      } catch (error) {
        if (signal.aborted) return
        setInterrupted(hasStarted)
        throw error
      } finally {
        // The user has paid for the last text, so restore it unless a new text has started.
        if (!hasStarted) put(tokens)
      }
    },
  })

  function start(order: Order) {
    if (queryClient.isMutating({ mutationKey }) === 0) write.mutate(order)
  }
  return {
    start,
    stop,
    tokens,
    isPending: write.isPending,
    submittedAt: write.submittedAt,
    /** Whether the last text ended early. If so, a notice appears below the text. */
    isInterrupted,
    /** Why the last text did not start. */
    error: isInterrupted ? null : write.error,
  }
}
