import { expect, it } from 'vitest'
import { limitProblem } from '../src/billing/LimitProblem.tsx'
import { limitText, parseLimit } from '../src/format/limits.ts'
import { answered, denied } from './denied.ts'

it.each([
  ['0', 0],
  [' 10 ', 10],
  ['200000', 200_000],
  ['200,000', 200_000],
  ['1,234,567', 1_234_567],
])('reads the whole number %j as a limit', (text, limit) => {
  expect(parseLimit(text)).toBe(limit)
})

it.each([
  '',
  ' ',
  '-1',
  '+1',
  '1.5',
  '1,5',
  '1,0000',
  '10,00',
  '1e3',
  '0x10',
  'ten',
  '10 pictures',
  '99999999999999999',
])('rejects the limit %j', (text) => {
  expect(parseLimit(text)).toBeNull()
})

it('shows the usage of a limit, even above the limit', () => {
  expect(limitText({ used: 12_000, limit: 10_000 })).toBe('12,000 of 10,000 used')
})

it.each([
  [answered(401), 'Your session has ended. Your limits are unchanged.'],
  [
    answered(429, { retryAfterMs: 2_500 }),
    'Too many requests. Your limits are unchanged. Wait 3 seconds, then try again.',
  ],
  [answered(500), 'Something went wrong on our side. Your limits are unchanged. Try again.'],
  [
    denied({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 1_000 }),
    'Billing is temporarily unavailable. Your limits are unchanged. Try again in a minute.',
  ],
])('says after a failed change that the limits are unchanged, and what to do next: %#', (error, text) => {
  expect(limitProblem(error)).toBe(text)
})
