import { cleanup, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { paywallOfError, paywallOfMeter } from '../src/paywall.ts'
import { aClient, aDenial, anAnswer, aRow, hooks, render } from './aBilling.tsx'

afterEach(cleanup)

/** Returns the balances of a customer whose renewal is unpaid and who has no units left. */
function overdue(state: 'grace' | 'free' | 'denied') {
  const answer = anAnswer({ used: 10, limit: 10 })
  const pastDue = { since: 1, graceEndsAt: 2, state, upgradeUrl: '/billing' }
  return { ...answer, plan: answer.plan && { ...answer.plan, pastDue } }
}
const unpaid = { state: 'overdue', since: 1, upgradeUrl: '/billing' }

describe('paywallOfMeter', () => {
  it.each([
    [{ used: 79, limit: 100 }, { state: 'open' }],
    [
      { used: 80, limit: 100 },
      { state: 'approaching', percent: 80, critical: false },
    ],
    [
      { used: 90, limit: 100 },
      { state: 'approaching', percent: 90, critical: false },
    ],
    [
      { used: 91, limit: 100 },
      { state: 'approaching', percent: 91, critical: true },
    ],
    [
      { used: 1999, limit: 2000 },
      { state: 'approaching', percent: 99, critical: true },
    ],
    [
      { used: 10, limit: 10 },
      { state: 'exhausted', held: 0 },
    ],
    // Held units may be returned, so the meter is not exhausted yet.
    [{ used: 6, held: 4, limit: 10 }, { state: 'open' }],
    [{ used: 5_000, limit: null, unlimited: true }, { state: 'open' }],
  ])('maps the balance %j to the paywall %j', (row, expected) => {
    expect(paywallOfMeter(anAnswer(row), 'generations')).toMatchObject(expected)
  })

  it.each(['free', 'denied'] as const)(
    'asks the customer to pay if an overdue plan has no units left (%s)',
    (state) => {
      expect(paywallOfMeter(overdue(state), 'generations')).toEqual(unpaid)
    },
  )

  it('does not ask the customer to pay an unpaid renewal during the grace period', () => {
    expect(paywallOfMeter(overdue('grace'), 'generations')).toMatchObject({ state: 'exhausted' })
  })

  it('returns `open` before the balances arrive', () => {
    expect(paywallOfMeter(undefined, 'generations')).toEqual({ state: 'open' })
  })
})

describe('paywallOfError', () => {
  const denial = {
    code: 'INSUFFICIENT_CREDITS',
    meter: 'generations',
    availableBalance: 3,
    heldBalance: 0,
    required: 4,
    asOf: 0,
    upgradeUrl: '/pricing',
    meters: [],
  } as const
  const short = aDenial(denial)

  it('asks the customer to pay an unpaid renewal until the payment arrives', () => {
    const error = aDenial({
      code: 'PAYMENT_OVERDUE',
      pastDueSince: 1,
      graceEndsAt: 2,
      asOf: 0,
      upgradeUrl: '/billing',
      meters: [],
    })
    expect(paywallOfError(overdue('free'), error)).toEqual(unpaid)
    expect(paywallOfError(anAnswer(), error)).toEqual({ state: 'open' })
  })

  it('reports the exceeded budget even if units are left', () => {
    const budget = {
      ...{ meter: 'generations', limit: 5, used: 4, held: 1, required: 1 },
      ...{ window: 'month', timeZone: 'UTC', resetsAt: 1 },
    } as const
    const error = aDenial({ code: 'BUDGET_EXCEEDED', ...budget })
    expect(paywallOfError(anAnswer(), error)).toEqual({ state: 'budget', ...budget })
  })

  it('reports the available units and the required units', () => {
    const balance = aRow({ used: 7, version: 1 })
    expect(paywallOfError(anAnswer({ used: 7 }), short)).toEqual({ state: 'short', balance, required: 4 })
  })

  it('distinguishes spent units from held units', () => {
    expect(paywallOfError(anAnswer({ used: 6, held: 4 }), short)).toMatchObject({
      state: 'exhausted',
      held: 4,
    })
    expect(paywallOfError(anAnswer({ used: 10 }), short)).toMatchObject({ state: 'exhausted', held: 0 })
  })

  it('reports the next meter with too few units after the first one is topped up', () => {
    const both = aDenial({
      ...denial,
      meters: [
        { meter: 'generations', availableBalance: 3, heldBalance: 0, required: 4 },
        { meter: 'tokens', availableBalance: 50, heldBalance: 0, required: 80 },
      ],
    })
    const tokens = aRow({ meter: 'tokens', used: 1_950, limit: 2_000 })
    const after = (used: number, row = tokens) => {
      const answer = anAnswer({ used, limit: 60 })
      return paywallOfError({ ...answer, balances: [...answer.balances, row] }, both)
    }
    expect(after(57)).toMatchObject({ state: 'short', balance: { meter: 'generations' }, required: 4 })
    expect(after(7)).toEqual({ state: 'short', balance: tokens, required: 80 })
    expect(after(7, aRow({ meter: 'tokens', used: 0, limit: 2_000 }))).toEqual({ state: 'open' })
  })

  it('returns `open` on a plan with overage', () => {
    expect(paywallOfError(anAnswer({ used: 10, status: 'critical' }), short)).toEqual({ state: 'open' })
  })

  it('changes to `open` when a top-up arrives', async () => {
    const server = aClient({ balances: async () => anAnswer({ used: 7 }) })
    const { result } = render(() => hooks.usePaywall(short), server)
    await waitFor(() => expect(result.current.state).toBe('short'))
    await server.push(anAnswer({ version: 2, used: 7, limit: 60 }))
    await waitFor(() => expect(result.current).toEqual({ state: 'open' }))
  })

  it('names the missing feature until the plan includes it', () => {
    const noHd = aDenial({ code: 'FEATURE_NOT_INCLUDED', feature: 'hd', upgradeUrl: '/pricing' })
    expect(paywallOfError(anAnswer(), noHd)).toEqual({
      state: 'feature',
      feature: 'hd',
      upgradeUrl: '/pricing',
    })
    expect(paywallOfError(anAnswer({ features: ['hd'] }), noHd)).toEqual({ state: 'open' })
  })

  it.each([new Error('network'), aDenial({ code: 'BILLING_UNAVAILABLE', retryAfterMs: 1 })])(
    'returns `open` after an error unrelated to the plan: %s',
    (error) => {
      expect(paywallOfError(anAnswer(), error)).toEqual({ state: 'open' })
    },
  )
})
