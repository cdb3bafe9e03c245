import type { Denial } from '@metered/billing/client'
import type { AppRouter } from '@metered/server'
import { createTRPCUntypedClient, TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { offlineLink } from '../src/api/offlineLink.ts'
import { explainDenial } from '../src/denials/explainDenial.ts'
import { answered, denied } from './denied.ts'

beforeEach(() => vi.stubGlobal('navigator', { onLine: true }))

type OverLimit = Extract<Denial, { code: 'BUDGET_EXCEEDED' }>

function overLimit(changes: Partial<OverLimit> = {}): OverLimit {
  return {
    code: 'BUDGET_EXCEEDED',
    source: 'customer',
    scope: null,
    meter: 'generations',
    limit: 10,
    used: 10,
    held: 0,
    required: 2,
    window: 'month',
    timeZone: 'America/Los_Angeles',
    resetsAt: Date.parse('2026-12-01T00:00-08:00'),
    ...changes,
  }
}

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
  { code: 'PAYMENT_OVERDUE', pastDueSince: 0, graceEndsAt: 1, asOf: 2, upgradeUrl: '/billing', meters: [] },
  overLimit(),
  { code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' },
  { code: 'CUSTOMER_ARCHIVED' },
  { code: 'STREAM_REPLACED' },
  { code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' },
  { code: 'IN_PROGRESS', key: 'k', retryAfterMs: 1_000 },
  { code: 'KEY_REUSED', key: 'k' },
  { code: 'ALREADY_COMPLETED', key: 'k' },
  { code: 'KEY_REQUIRED', header: 'idempotency-key' },
  { code: 'KEY_INVALID', key: 'k' },
  { code: 'FOREIGN_ORIGIN', origin: 'https://other.example' },
  { code: 'PREFETCH' },
  { code: 'BILLING_UNAVAILABLE', retryAfterMs: 2_000 },
]

describe('the explanation of a denied call', () => {
  it.each([
    [
      'a reached limit',
      overLimit({ used: 10 }),
      "You've reached your limit of 10 pictures for November",
      'Nothing was charged. The limit resets on 1 December.',
    ],
    [
      'a limit of zero',
      overLimit({ limit: 0, used: 0 }),
      "You've reached your limit of 0 pictures for November",
      'Nothing was charged. The limit resets on 1 December.',
    ],
    [
      'a call that needs more than is left',
      overLimit({ used: 7, held: 2 }),
      'This request would exceed your limit of 10 pictures for November',
      'Nothing was charged. You have 1 picture left under this limit. The limit resets on 1 December.',
    ],
    [
      'a limit that running work may reach',
      overLimit({ used: 7, held: 3 }),
      'This request would exceed your limit of 10 pictures for November',
      'Nothing was charged. The rest of your limit is reserved for work in progress. The limit resets on 1 December.',
    ],
    [
      'a month that ends in another time zone',
      overLimit({ used: 10, timeZone: 'Asia/Tokyo', resetsAt: Date.parse('2026-12-01T00:00+09:00') }),
      "You've reached your limit of 10 pictures for November",
      'Nothing was charged. The limit resets on 30 November.',
    ],
    [
      'an hourly limit',
      overLimit({ used: 10, window: 'hour', timeZone: null }),
      "You've reached your limit of 10 pictures for this hour",
      'Nothing was charged. The limit resets at 1 Dec 2026, 00:00.',
    ],
    [
      'a daily limit',
      overLimit({ used: 10, window: 'day' }),
      "You've reached your limit of 10 pictures for today",
      'Nothing was charged. The limit resets on 1 December.',
    ],
    [
      'a billing period that never ends',
      overLimit({ used: 10, window: 'period', timeZone: null, resetsAt: null }),
      "You've reached your limit of 10 pictures for this billing period",
      'Nothing was charged.',
    ],
    [
      'a meter that this version of the app lacks',
      overLimit({ used: 10, meter: 'videos' }),
      "You've reached your limit of 10 for November",
      'Nothing was charged. The limit resets on 1 December.',
    ],
  ])("names the customer's limit and its reset date: %s", (_, denial, title, detail) => {
    expect(explainDenial(denied(denial))).toEqual({ title, detail, next: 'limits' })
  })

  it.each(denials)('says what happened, what it cost and what to do next: $code', (denial) => {
    const { title, detail, next } = explainDenial(denied(denial))
    expect(title).not.toBe('')
    expect(detail).toMatch(/nothing was charged|charged once/i)
    expect(next).not.toBe('')
  })

  it('asks an unverified customer to confirm the email address', () => {
    expect(explainDenial(answered(403, { emailUnverified: true }))).toMatchObject({
      title: 'Confirm your email address first',
      next: 'again',
    })
  })

  it('directs a customer without a plan to the Plans screen', () => {
    expect(explainDenial(denied({ code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' }))).toEqual({
      title: 'You have no active plan',
      detail: 'Nothing was charged. Choose a plan to continue.',
      next: 'plans',
    })
  })

  it.each([
    [400, 'rephrase', 'Your request was not accepted'],
    [401, 'signIn', 'Your session has ended'],
    [422, 'rephrase', 'This prompt is against our content policy'],
    [429, 'again', 'Too many requests'],
    [500, 'again', 'Something went wrong on our side'],
    [503, 'again', 'Something went wrong on our side'],
  ])('says for status %i that nothing was charged and what to do next: %s', (status, next, title) => {
    const explanation = explainDenial(answered(status))
    expect(explanation).toMatchObject({ next, title })
    expect(explanation.detail).toMatch(/^Nothing was charged\. ./)
  })

  it('says how long to wait after status 429', () => {
    expect(explainDenial(answered(429, { retryAfterMs: 11_400 }))).toMatchObject({
      detail: 'Nothing was charged. Wait 12 seconds, then try again.',
      retryAfterMs: 11_400,
    })
    expect(explainDenial(answered(429, { retryAfterMs: 300 })).detail).toContain('Wait 1 second,')
  })

  it('says how long to wait when Studio is busy', () => {
    expect(explainDenial(answered(503, { retryAfterMs: 5_000 }))).toEqual({
      title: 'Studio is busy right now',
      detail: 'Nothing was charged. Wait 5 seconds, then try again.',
      next: 'again',
      retryAfterMs: 5_000,
    })
  })

  it('sets `broken` only if the server or the connection failed', () => {
    const hd = explainDenial(denied({ code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' }))
    const busy = explainDenial(denied({ code: 'IN_PROGRESS', key: 'k', retryAfterMs: 1_000 }))
    const away = explainDenial(denied({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 2_000 }))
    expect(
      [hd, busy, explainDenial(answered(429)), explainDenial(answered(422))].map(({ broken }) => broken),
    ).toEqual([undefined, undefined, undefined, undefined])
    expect([away, explainDenial(answered(500))].map(({ broken }) => broken)).toEqual([true, true])
  })

  it('does not promise that nothing was charged while the charge is unconfirmed', () => {
    const denial = { code: 'BILLING_UNAVAILABLE', retryAfterMs: 1_000, chargeUnconfirmed: true } as const
    const { detail } = explainDenial(denied(denial))
    expect(detail).toContain("won't be charged twice")
    expect(detail).not.toMatch(/nothing was charged/i)
  })
})

describe('the explanation of a call without a response', () => {
  const lost = TRPCClientError.from(new TypeError('Failed to fetch'))

  it('promises only that a retry is not charged twice if the response was lost', () => {
    const { detail, next } = explainDenial(lost)
    expect(next).toBe('again')
    expect(detail).toContain("won't be charged twice")
    expect(detail).not.toMatch(/nothing was charged/i)
  })

  /** Returns the error of a call whose connection fails. `during` runs while the call waits. */
  async function failedCall(during?: () => void): Promise<unknown> {
    const fail: TRPCLink<AppRouter> = () => () =>
      observable((observer) => {
        during?.()
        observer.error(TRPCClientError.from(new TypeError('Failed to fetch')))
      })
    const client = createTRPCUntypedClient<AppRouter>({ links: [offlineLink(), fail] })
    return client.mutation('studio.generate').catch((error: unknown) => error)
  }

  it('says that nothing was charged if the call was never sent, even when the browser is online again', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    const error = await failedCall()
    vi.stubGlobal('navigator', { onLine: true })
    expect(explainDenial(error)).toMatchObject({
      title: "Your request wasn't sent",
      detail: 'Nothing was charged. Try again when you are back online.',
      next: 'again',
    })
  })

  it('does not say that nothing was charged if the browser went offline during the call', async () => {
    const error = await failedCall(() => vi.stubGlobal('navigator', { onLine: false }))
    expect(explainDenial(error).detail).not.toMatch(/nothing was charged/i)
  })
})
