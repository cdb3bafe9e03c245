import { usePaidCall } from '@metered/billing-react'
import { useEffect, useRef, useState } from 'react'
import { trpc } from '../api/trpc.ts'
import { useWritten } from './useWritten.ts'

interface Order {
  prompt: string
  maxTokens: number
}

/**
 * Streams one text at a time. Unlike `trpc.studio.write.useMutation()`, this mutation stays pending until the
 * text ends.
 */
export function useWrite() {
  const { client } = trpc.useUtils()
  const { written, clear, restore, add, complete } = useWritten()
  const [isInterrupted, setInterrupted] = useState(false)
  const aborting = useRef<AbortController | null>(null)
  const stop = () => aborting.current?.abort()
  useEffect(() => stop, [])

  const write = usePaidCall(
    async (order: Order, call) => {
      aborting.current = new AbortController()
      const { signal } = aborting.current
      setInterrupted(false)
      clear()
      let hasStarted = false
      try {
        const stream = await client.studio.write.mutate(order, { ...call, signal })
        // A `for await` loop would ignore the stream's return value, which contains the charged tokens.
        const iterator = stream[Symbol.asyncIterator]()
        let step = await iterator.next()
        for (; !step.done; step = await iterator.next()) {
          hasStarted = true
          add(step.value)
        }
        if (hasStarted) complete(step.value.tokens)
      } catch (error) {
        if (signal.aborted) return
        // The user pays for the tokens received so far, so a new text needs a new key. After a lost
        // connection, usePaidCall would reuse this call's key for the same prompt, so don't rethrow the error.
        if (!hasStarted) throw error
        setInterrupted(true)
      } finally {
        // The user has paid for the last text, so restore it unless a new text has started.
        if (!hasStarted) restore(written)
      }
    },
    { mutationKey: ['write'] },
  )

  return {
    start: write.start,
    stop,
    ...written,
    isPending: write.isPending,
    submittedAt: write.submittedAt,
    /** Whether the last text ended early because of an error. */
    isInterrupted,
    /** The reason why the last text did not start. */
    error: write.error,
  }
}
