import type { Denial } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { explainDenial } from '../src/denials/explainDenial.ts'

beforeEach(() => vi.stubGlobal('navigator', { onLine: true }))

/** An answer of the server that says no. */
const answered = (httpStatus: number, data: object = {}) =>
  TRPCClientError.from({
    error: { message: 'no', code: -32_000, data: { httpStatus, billing: null, retryAfterMs: null, ...data } },
  })
const refused = (billing: Denial) => answered(402, { billing })

const denials: Denial[] = [
  {
    code: 'INSUFFICIENT_CREDITS',
    meter: 'generations',
    availableBalance: 0,
    heldBalance: 0,
    required: 1,
    asOf: 0,
    upgradeUrl: '/pricing',
    meters: [],
  },
  { code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' },
  { code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' },
  { code: 'IN_PROGRESS', key: 'k', retryAfterMs: 1_000 },
  { code: 'KEY_REUSED', key: 'k' },
  { code: 'ALREADY_COMPLETED', key: 'k' },
  { code: 'KEY_REQUIRED', header: 'idempotency-key' },
  { code: 'KEY_INVALID', key: 'k' },
  { code: 'BILLING_UNAVAILABLE', retryAfterMs: 2_000 },
]

describe('a refused call', () => {
  it.each(denials)('says what happened, what it cost and what to do next: $code', (denial) => {
    const { title, detail, next } = explainDenial(refused(denial))
    expect(title).not.toBe('')
    expect(detail).toMatch(/nothing was charged|charged once/i)
    expect(next).not.toBe('')
  })

  it('without a plan sends to those that can be chosen: Free is none of them', () => {
    expect(explainDenial(refused({ code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' }))).toEqual({
      title: 'You have no active plan',
      detail: 'Nothing was charged. Choose a plan to go on.',
      next: 'plans',
    })
  })

  it.each([
    [400, 'rephrase', 'This request was not accepted'],
    [401, 'signIn', 'Your session has ended'],
    [422, 'rephrase', 'This prompt breaks the content policy'],
    [429, 'again', 'That was a lot at once'],
    [500, 'again', 'Something went wrong on our side'],
  ])('with status %i costs nothing, and %s is the way on', (status, next, title) => {
    const explanation = explainDenial(answered(status))
    expect(explanation).toMatchObject({ next, title })
    expect(explanation.detail).toMatch(/^Nothing was charged\. ./)
  })

  it('with status 429 tells how long to wait, and lets nobody try before', () => {
    expect(explainDenial(answered(429, { retryAfterMs: 11_400 }))).toMatchObject({
      detail: 'Nothing was charged. Wait 12 seconds, then try again.',
      retryAfterMs: 11_400,
    })
    expect(explainDenial(answered(429, { retryAfterMs: 300 })).detail).toContain('Wait 1 second,')
  })

  it('is told as something broken only where something is, not where the answer is a no or a wait', () => {
    const hd = explainDenial(refused({ code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' }))
    const busy = explainDenial(refused({ code: 'IN_PROGRESS', key: 'k', retryAfterMs: 1_000 }))
    const away = explainDenial(refused({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 2_000 }))
    expect(
      [hd, busy, explainDenial(answered(429)), explainDenial(answered(422))].map(({ broken }) => broken),
    ).toEqual([undefined, undefined, undefined, undefined])
    expect([away, explainDenial(answered(500))].map(({ broken }) => broken)).toEqual([true, true])
  })

  it('with work that is done but not booked yet does not claim that it cost nothing', () => {
    const denial = { code: 'BILLING_UNAVAILABLE', retryAfterMs: 1_000, chargeUnconfirmed: true } as const
    const { detail } = explainDenial(refused(denial))
    expect(detail).toContain('not charged twice')
    expect(detail).not.toMatch(/nothing was charged/i)
  })
})

describe('a call without an answer', () => {
  const lost = TRPCClientError.from(new TypeError('Failed to fetch'))

  it('may have gone through: it promises that trying again is not charged twice, and no more', () => {
    const { detail, next } = explainDenial(lost)
    expect(next).toBe('again')
    expect(detail).toContain('not charged twice')
    expect(detail).not.toMatch(/nothing was charged/i)
  })

  it('offline was never sent, and cost nothing', () => {
    vi.stubGlobal('navigator', { onLine: false })
    expect(explainDenial(lost)).toMatchObject({
      title: 'You are offline',
      detail: expect.stringMatching(/^Nothing was charged\./),
      next: 'again',
    })
  })
})
