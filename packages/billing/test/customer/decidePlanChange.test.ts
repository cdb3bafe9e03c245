import { expect, test } from 'vitest'
import { decidePlanChange } from '../../src/customer/decidePlanChange.ts'
import { aSubscription } from './aSubscription.ts'

test('adjusts to another plan, even from a cancelled one', () => {
  expect(decidePlanChange(aSubscription(), 'scale_monthly')).toBe('adjust')
  expect(decidePlanChange(aSubscription({ cancelScheduledAt: 1_000 }), 'scale_monthly')).toBe('adjust')
})

test('does nothing for the current plan, except to lift a schedule that would end it', () => {
  expect(decidePlanChange(aSubscription(), 'pro_monthly')).toBe('nothing')
  expect(decidePlanChange(aSubscription({ cancelScheduledAt: 1_000 }), 'pro_monthly')).toBe('lift')
  expect(decidePlanChange(aSubscription({ scheduledAdjustmentAt: 1_000 }), 'pro_monthly')).toBe('lift')
})

test('sends a customer on the free plan to the checkout', () => {
  expect(() => decidePlanChange(aSubscription({ isFree: true }), 'scale_monthly')).toThrow('checkout')
})

test('keeps a scheduled downgrade when the customer asks for another plan', () => {
  expect(() => decidePlanChange(aSubscription({ scheduledAdjustmentAt: 1_000 }), 'scale_monthly')).toThrow(
    'Undo it first',
  )
})
