import { describe, expect, test } from 'vitest'
import { LedgerUnavailableError, sqliteLedger } from '../../src/index.ts'
import { plan, pricingWith } from '../flowglad/pricing.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from './startApp.ts'

const ada = aUser()
type App = Awaited<ReturnType<typeof startApp>>

/** Above Scale, so that there is something to go up to with a downgrade scheduled. */
const max = plan('max', 19_900, ['pro_tokens', 'hd'])
/** As Flowglad words its own no. */
const declined = {
  state: 'json',
  status: 500,
  body: { error: 'Your card was declined', code: 'INTERNAL_SERVER_ERROR' },
} as const

/** With fetches enough for somebody who cannot decide. */
const start = () => startApp({ pricing: pricingWith(max), options: { fetchBurst: 100 } })

/** Ada on a paid plan, as the app knows it. */
async function on(app: App, priceSlug: string) {
  await app.client.ping.query()
  await app.books.pay(ada, priceSlug)
  return planNow(app)
}
const planNow = async (app: App) => (await app.client.billing.refresh.mutate()).plan

/** On one plan, leaving for another at the end of the period. */
async function leavingFor(app: App, { from, to }: { from: string; to: string }) {
  await on(app, from)
  const { plan: leaving } = await app.client.billing.changePlan.mutate({ priceSlug: to })
  return leaving?.changesAt
}

test('a plan change that is declined leaves a scheduled cancellation scheduled', async () => {
  await using app = await start()
  await on(app, 'pro_monthly')
  const { plan } = await app.client.billing.cancel.mutate()
  app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? declined : undefined))
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'scale_monthly' })).rejects.toThrow(
    'declined',
  )
  expect((await planNow(app))?.cancelsAt).toBe(plan?.cancelsAt)
  app.proxy.breakWith(({ path }) =>
    path.endsWith('/adjust') ? declined : path.endsWith('/cancel') ? { state: 'refused' } : undefined,
  )
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'scale_monthly' })).rejects.toThrow(
    'please cancel it again',
  )
  expect((await app.client.billing.balances.query()).plan?.cancelsAt).toBeNull()
})

test('what became of a plan change is told as far as it is known, though the ledger cannot tell the plan right now', async () => {
  const ledger = sqliteLedger(':memory:')
  let isAway = false
  await using app = await startApp({
    options: { fetchBurst: 100 },
    ledger: {
      ...ledger,
      balances: async (customer) => {
        if (isAway) throw new LedgerUnavailableError('storeOutOfReach')
        return ledger.balances(customer)
      },
    },
  })
  await on(app, 'pro_monthly')
  app.proxy.breakWith(({ path }) => {
    isAway ||= path.endsWith('/adjust')
    return undefined
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'scale_monthly' })).rejects.toThrow(
    'may have been changed: please look again',
  )
  isAway = false
  expect(await planNow(app)).toMatchObject({ name: 'Scale' })

  await app.client.billing.cancel.mutate()
  app.proxy.breakWith(({ path }) => {
    isAway ||= path.endsWith('/uncancel')
    return undefined
  })
  await expect(app.client.billing.resume.mutate()).rejects.toThrow('may have been changed: please look again')
  isAway = false
  expect(await planNow(app)).toMatchObject({ name: 'Scale', cancelsAt: null })

  await app.client.billing.cancel.mutate()
  app.proxy.breakWith(({ path }) => {
    isAway ||= path.endsWith('/adjust')
    return path.endsWith('/adjust') ? { state: 'refused' } : undefined
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })).rejects.toThrow(
    'may have been changed, and its cancellation was lifted',
  )
  isAway = false
})

test('a scheduled downgrade is not lifted for another plan, since nobody could put it back: it is undone first', async () => {
  await using app = await start()
  const changesAt = await leavingFor(app, { from: 'scale_monthly', to: 'pro_monthly' })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toThrow(
    'undo it first',
  )
  expect(await planNow(app)).toMatchObject({ name: 'Scale', changesAt })
  await app.client.billing.resume.mutate()
  const { plan: changed } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(changed).toMatchObject({ name: 'Max', changesAt: null })
})

test('whoever leaves for Free, by Flowglad’s own pages, is never put on another plan', async () => {
  await using app = await start()
  await on(app, 'scale_monthly')
  const { currentSubscription } = await app.books.sdk.customers.retrieveBilling(ada.id)
  await app.books.sdk.subscriptions.adjust(currentSubscription?.id ?? '', {
    adjustment: {
      timing: 'at_end_of_current_billing_period',
      newSubscriptionItems: [{ priceSlug: 'free', quantity: 1 }],
    },
  })
  app.proxy.breakWith(({ path }) => (path.endsWith('/cancel') ? declined : undefined))
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toThrow('undo it')
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'free' })).rejects.toThrow(
    'please choose it again',
  )
  expect(app.proxy.count(/\/adjust$/)).toBe(0)
  expect(await planNow(app)).toMatchObject({ name: 'Scale', changesAt: null, cancelsAt: null })
})

test('cancelling takes the place of a scheduled downgrade', async () => {
  await using app = await start()
  const changesAt = await leavingFor(app, { from: 'scale_monthly', to: 'pro_monthly' })
  const { plan: cancelled } = await app.client.billing.cancel.mutate()
  expect(cancelled).toMatchObject({ name: 'Scale', changesAt: null, cancelsAt: changesAt })
})

test('of a cancellation and a downgrade, what was undone is seen to be, though the other could not be', async () => {
  await using app = await start()
  await leavingFor(app, { from: 'scale_monthly', to: 'pro_monthly' })
  // Both at once only Flowglad itself can bring about.
  const { currentSubscription, ...billing } = await app.books.sdk.customers.retrieveBilling(ada.id)
  const cancelScheduledAt = currentSubscription?.currentBillingPeriodEnd ?? null
  const both = { ...billing, currentSubscription: { ...currentSubscription, cancelScheduledAt } }
  let isUncancelled = false
  app.proxy.breakWith(({ path }) => {
    isUncancelled ||= path.endsWith('/uncancel')
    if (path.endsWith('/cancel-scheduled-adjustment')) return { state: 'refused' }
    return path.endsWith('/billing') && !isUncancelled
      ? { state: 'json', status: 200, body: both }
      : undefined
  })
  await expect(app.client.billing.resume.mutate()).rejects.toThrow()
  expect((await app.client.billing.balances.query()).plan).toMatchObject({
    cancelsAt: null,
    changesAt: cancelScheduledAt,
  })
})

describe('when Flowglad does not answer a change', () => {
  /** Ada has cancelled Pro and wants Max. */
  async function upgrading(app: App) {
    const subscription = await on(app, 'pro_monthly')
    await app.client.billing.cancel.mutate()
    return {
      cancelsAt: subscription?.renewsAt,
      upgrade: () => app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' }),
    }
  }

  test('one that was made is a change, not a failure that undoes it', async () => {
    await using app = await start()
    const { upgrade } = await upgrading(app)
    app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? { state: 'answerLost' } : undefined))
    expect((await upgrade()).plan).toMatchObject({ name: 'Max', cancelsAt: null })
  })

  test('and its books neither, a plan that may be paid for is not cancelled, and nobody says what nobody knows', async () => {
    await using app = await start()
    const { upgrade } = await upgrading(app)
    let isLost = false
    app.proxy.breakWith(({ path }) => {
      isLost ||= path.endsWith('/adjust')
      if (path.endsWith('/adjust')) return { state: 'answerLost' }
      return isLost && path.endsWith('/billing') ? { state: 'refused' } : undefined
    })
    await expect(upgrade()).rejects.toThrow('may have been changed, and its cancellation was lifted')
    app.proxy.mend()
    expect(await planNow(app)).toMatchObject({ name: 'Max', cancelsAt: null })
  })

  test('one that is made while the cancellation is put back stays, and the cancellation goes', async () => {
    await using app = await start()
    const { upgrade } = await upgrading(app)
    const { currentSubscription } = await app.books.sdk.customers.retrieveBilling(ada.id)
    app.proxy.breakWith(({ path }) => {
      if (path.endsWith('/adjust')) return { state: 'page', status: 504 }
      if (!path.endsWith('/cancel')) return undefined
      // Only now what the gateway gave up on is carried out.
      const made = app.books.sdk.subscriptions.adjust(currentSubscription?.id ?? '', {
        adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'max_monthly' }] },
      })
      return { state: 'held', until: made.then(() => {}) }
    })
    expect((await upgrade()).plan).toMatchObject({ name: 'Max', cancelsAt: null })
    expect(await planNow(app)).toMatchObject({ name: 'Max', cancelsAt: null })
  })

  test('one that was not made leaves the cancellation standing, and may still be made for all anybody knows', async () => {
    await using app = await start()
    const { upgrade, cancelsAt } = await upgrading(app)
    app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? { state: 'page', status: 504 } : undefined))
    await expect(upgrade()).rejects.toThrow('may have been changed, and its cancellation is scheduled again')
    expect(await planNow(app)).toMatchObject({ name: 'Pro', cancelsAt })
  })

  test('nobody is told that nothing was charged', async () => {
    await using app = await start()
    await on(app, 'pro_monthly')
    app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? { state: 'page', status: 504 } : undefined))
    await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toThrow(
      'may have been changed: please look again',
    )
  })
})
