import { describe, expect, test } from 'vitest'
import { PlanChangeError } from '../../src/contract/errors.ts'
import { type FailedChange, nextRecoveryStep } from '../../src/customer/nextRecoveryStep.ts'
import { aSubscription } from './aSubscription.ts'

const cause = new PlanChangeError('Your card was declined')
const cancelled = aSubscription({ cancelScheduledAt: 1_000 })

const seen = (subscription = aSubscription(), isMade = false) => ({ subscription, isMade })
const next = (failed: Partial<FailedChange>) =>
  nextRecoveryStep(
    { lifted: null, outcome: 'rejected', seen: 'notYet', restored: 'notTried', ...failed },
    cause,
  )
/** Returns the error message that the customer gets. */
function failure(failed: Partial<FailedChange>): string {
  const step = next(failed)
  expect(step.do).toBe('fail')
  return step.do === 'fail' && step.error instanceof Error ? step.error.message : ''
}

const failed = ['unclear', 'rejected'] as const
const anySchedule = [null, 'cancellation', 'downgrade'] as const

test('checks the plan after a failed change', () => {
  for (const outcome of failed)
    for (const lifted of anySchedule) expect(next({ lifted, outcome })).toEqual({ do: 'look' })
})

test('accepts a failed change if the check shows that Flowglad made it', () => {
  const subscription = aSubscription({ priceSlug: 'scale_monthly' })
  for (const outcome of failed) {
    for (const lifted of anySchedule) {
      const step = next({ lifted, outcome, seen: seen(subscription, true) })
      expect(step).toEqual({ do: 'accept', subscription })
    }
  }
})

test('reports a rejected change if the check shows no change', () => {
  expect(next({ seen: seen() })).toEqual({ do: 'fail', error: cause })
})

test('reports that the plan may have changed if the plan cannot be read', () => {
  expect(failure({ seen: null })).toMatch(/may have changed/)
})

describe('after a scheduled cancellation was removed', () => {
  const lifted = 'cancellation'

  test('restores the cancellation if the plan has not changed', () => {
    const restore = { do: 'restoreCancellation' }
    expect(next({ lifted, outcome: 'notAsked' })).toEqual(restore)
    for (const outcome of failed) expect(next({ lifted, outcome, seen: seen() })).toEqual(restore)
  })

  test('does not restore the cancellation if the plan cannot be read', () => {
    for (const outcome of failed) {
      expect(failure({ lifted, outcome, seen: null })).toMatch(
        /may have changed.*cancellation is no longer scheduled/,
      )
    }
  })

  test('checks the plan again after trying to restore the cancellation', () => {
    for (const restored of ['yes', 'no'] as const) expect(next({ lifted, restored })).toEqual({ do: 'look' })
  })

  test('removes the cancellation again if it is scheduled on the changed plan', () => {
    const found = seen(cancelled, true)
    const step = { do: 'liftRestored', subscription: cancelled }
    for (const outcome of failed) {
      expect(next({ lifted, outcome, restored: 'yes', seen: found })).toEqual(step)
      expect(next({ lifted, outcome, restored: 'no', seen: found })).toEqual(step)
    }
  })

  test('accepts a change that Flowglad made if the cancellation was not restored', () => {
    const subscription = aSubscription()
    expect(next({ lifted, outcome: 'unclear', restored: 'no', seen: seen(subscription, true) })).toEqual({
      do: 'accept',
      subscription,
    })
  })

  test('does not ask the customer to cancel again if the cancellation was restored', () => {
    expect(next({ lifted, restored: 'yes', seen: seen(cancelled) })).toEqual({ do: 'fail', error: cause })
    expect(next({ lifted, outcome: 'notAsked', restored: 'yes', seen: seen(cancelled, true) })).toEqual({
      do: 'fail',
      error: cause,
    })
    expect(failure({ lifted, outcome: 'unclear', restored: 'yes', seen: null })).toMatch(
      /may have changed.*cancellation is scheduled again/,
    )
  })

  test('asks the customer to cancel again if no cancellation is scheduled', () => {
    expect(failure({ lifted, restored: 'no', seen: seen() })).toMatch(/Please cancel again/)
    expect(failure({ lifted, restored: 'no', seen: null })).toMatch(/Please cancel again/)
    expect(next({ lifted, restored: 'no', seen: seen(cancelled) })).toEqual({ do: 'fail', error: cause })
  })
})

describe('after a scheduled downgrade was removed', () => {
  const lifted = 'downgrade'

  test('never restores the downgrade, because its target is unknown', () => {
    expect(next({ lifted })).toEqual({ do: 'look' })
    expect(failure({ lifted, seen: seen() })).toMatch(/Please choose it again/)
    expect(failure({ lifted, outcome: 'unclear', seen: seen() })).toMatch(/downgrade is no longer scheduled/)
  })

  test('does not report the downgrade as lost if its removal failed', () => {
    const standing = seen(aSubscription({ scheduledAdjustmentAt: 1_000 }))
    expect(next({ lifted, outcome: 'notAsked', seen: standing })).toEqual({ do: 'fail', error: cause })
  })
})
