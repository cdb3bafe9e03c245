import { expect, test } from 'vitest'
import { billingDenial, type Denial, denialStatuses, retryUnlessDenied } from '../../src/client/index.ts'

const anError = (billing: object | null) => Object.assign(new Error('failed'), { data: { billing } })
const isTemporary = (code: string) => code === 'BILLING_UNAVAILABLE'

test('retries a denial only if billing is unavailable', () => {
  const retry = retryUnlessDenied<Error>()
  const retried = Object.keys(denialStatuses).filter((code) => retry(0, anError({ code })))
  expect(retried).toEqual(Object.keys(denialStatuses).filter(isTemporary))
})

test('does not retry a call whose work succeeded but whose charge is unconfirmed', () => {
  const billing: Denial = { code: 'BILLING_UNAVAILABLE', retryAfterMs: 1, chargeUnconfirmed: true }
  expect(billingDenial(anError(billing))).toEqual(billing)
  expect(retryUnlessDenied<Error>()(0, anError(billing))).toBe(false)
})

test.each([
  [undefined, [true, true, true, false]],
  [1, [true, false, false, false]],
  [false, [false, false, false, false]],
  [true, [true, true, true, true]],
  [(failureCount: number) => failureCount < 2, [true, true, false, false]],
])('follows the `retry` option after other errors: %s', (retry, expected) => {
  const decide = retry === undefined ? retryUnlessDenied<Error>() : retryUnlessDenied<Error>(retry)
  expect([0, 1, 2, 3].map((failureCount) => decide(failureCount, anError(null)))).toEqual(expected)
})
