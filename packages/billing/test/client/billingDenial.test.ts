import { TRPCError } from '@trpc/server'
import { describe, expect, test, vi } from 'vitest'
import { billingDenial } from '../../src/client/index.ts'
import { BillingError, InsufficientCreditsError } from '../../src/index.ts'
import { startApp } from '../trpc/startApp.ts'

const caught = (work: () => Promise<unknown>) =>
  work().then(
    () => null,
    (error: unknown) => error,
  )
const denial = { code: 'NO_SUBSCRIPTION', upgradeUrl: '/pricing' } as const

describe('billingDenial', () => {
  test('finds the denial in a browser client’s error', async () => {
    await using app = await startApp()
    const error = await caught(() => app.client.generate.mutate({ prompt: 'x', count: 100 }))
    expect(billingDenial(error)).toMatchObject({ code: 'INSUFFICIENT_CREDITS', required: 100 })
  })

  test('finds the denial in an error that a server-side caller throws', async () => {
    await using app = await startApp()
    const caller = app.router.createCaller({ user: { id: 'ada', name: 'Ada', email: 'ada@example.com' } })
    const error = await caught(() => caller.generate({ prompt: 'x', count: 100 }))
    expect(error).toBeInstanceOf(TRPCError)
    expect(billingDenial(error)).toMatchObject({ code: 'INSUFFICIENT_CREDITS', required: 100 })
  })

  test('finds the denial in an error that billing.meter throws', async () => {
    await using app = await startApp()
    const customer = { id: 'ada', name: 'Ada', email: 'ada@example.com' }
    const error = await caught(() =>
      app.billing.meter({ customer, meter: 'generations', amount: 100 }, () => 'work'),
    )
    expect(error).toBeInstanceOf(BillingError)
    expect(billingDenial(error)).toMatchObject({ code: 'INSUFFICIENT_CREDITS', required: 100 })
  })

  test('finds the denial in an error from another copy of the package', async () => {
    vi.resetModules()
    const copy: typeof import('../../src/index.ts') = await import('../../src/index.ts')
    const error = new TRPCError({
      code: 'PAYMENT_REQUIRED',
      cause: new copy.InsufficientCreditsError('tokens', 1, 5),
    })
    expect(error.cause).not.toBeInstanceOf(InsufficientCreditsError)
    expect(billingDenial(error)).toMatchObject({ meter: 'tokens', required: 5 })
  })

  test('finds the denial in an error that is wrapped several times', () => {
    const error = new BillingError(denial, 'no')
    const wrapped = new Error('page', { cause: new Error('section', { cause: error }) })
    expect(billingDenial(wrapped)).toBe(denial)
  })

  test('finds the denial in an error that has been serialized for a client', () => {
    expect(billingDenial(JSON.parse(JSON.stringify({ message: 'no', data: { billing: denial } })))).toEqual(
      denial,
    )
  })
})

test('returns null for an error whose causes form a cycle', () => {
  const error = new Error('a')
  error.cause = new Error('b', { cause: error })
  expect(billingDenial(error)).toBeNull()
})

test.each([
  [undefined],
  [null],
  ['text'],
  [new Error('x')],
  [{ data: { billing: null } }],
  [{ data: { billing: { code: 'SOMETHING_ELSE' } } }],
  [{ data: { billing: { code: 'toString' } } }],
  [{ denial: 'INSUFFICIENT_CREDITS' }],
])('returns null for %s, which is not a denial', (error) => {
  expect(billingDenial(error)).toBeNull()
})
