import { expect, test } from 'vitest'
import { decidePlanChange } from '../../src/customer/decidePlanChange.ts'
import { aSubscription } from './aSubscription.ts'

test('moves the subscription to another plan, even if a cancellation is scheduled', () => {
  expect(decidePlanChange(aSubscription(), 'scale_monthly')).toBe('adjust')
  expect(decidePlanChange(aSubscription({ cancelScheduledAt: 1_000 }), 'scale_monthly')).toBe('adjust')
})

test('removes a scheduled cancellation or downgrade if the customer chooses the current plan', () => {
  expect(decidePlanChange(aSubscription(), 'pro_monthly')).toBe('nothing')
  expect(decidePlanChange(aSubscription({ cancelScheduledAt: 1_000 }), 'pro_monthly')).toBe('lift')
  expect(decidePlanChange(aSubscription({ scheduledAdjustmentAt: 1_000 }), 'pro_monthly')).toBe('lift')
})

test('rejects a change from the free plan to a paid plan, which needs a checkout', () => {
  expect(() => decidePlanChange(aSubscription({ isFree: true }), 'scale_monthly')).toThrow('checkout')
})

test('rejects a change to another plan while a downgrade is scheduled', () => {
  expect(() => decidePlanChange(aSubscription({ scheduledAdjustmentAt: 1_000 }), 'scale_monthly')).toThrow(
    'Undo it first',
  )
})

test('rejects a change to another plan while a renewal is unpaid, but lets the customer keep the plan', () => {
  const unpaid = { isPastDue: true, cancelScheduledAt: 1_000 }
  expect(() => decidePlanChange(aSubscription(unpaid), 'scale_monthly')).toThrow('Pay for Pro first')
  expect(decidePlanChange(aSubscription(unpaid), 'pro_monthly')).toBe('lift')
})
