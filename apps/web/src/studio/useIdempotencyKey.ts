import { billingDenial } from '@metered/billing/client'
import { useRef } from 'react'
import { isLost } from '../api/isLost.ts'

/**
 * Keeps a paid call's key while the outcome is unknown, so that a retry with the same input is not charged
 * twice. Pass `context` to the call, and the callbacks to its mutation.
 */
export function useIdempotencyKey() {
  const context = useRef({ idempotencyKey: '' }).current
  const unanswered = useRef<string | null>(null)
  return {
    context,
    onMutate(input: unknown) {
      const text = JSON.stringify(input)
      if (unanswered.current !== text) context.idempotencyKey = crypto.randomUUID()
      unanswered.current = text
    },
    onSuccess() {
      unanswered.current = null
    },
    onError(error: { message: string }) {
      const mayHaveRun = isLost(error) || billingDenial(error)?.code === 'IN_PROGRESS'
      if (!mayHaveRun) unanswered.current = null
    },
  }
}
