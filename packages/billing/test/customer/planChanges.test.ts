import { describe, expect, test } from 'vitest'
import { LedgerUnavailableError } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { plan, pricingWith } from '../flowglad/pricing.ts'
import { aUser } from '../flowglad/startStack.ts'
import { startApp } from '../trpc/startApp.ts'

const ada = aUser()
type App = Awaited<ReturnType<typeof startApp>>

/** A plan to which a customer on Pro or Scale can upgrade. */
const max = plan('max', 19_900, ['pro_tokens', 'hd'])
/** Flowglad's response when it rejects a change. */
const declined = {
  state: 'json',
  status: 500,
  body: { error: 'Your card was declined', code: 'INTERNAL_SERVER_ERROR' },
} as const

/** Starts an app that allows many plan changes in a short time. */
const start = () => startApp({ pricing: pricingWith(max), options: { fetchBurst: 100 } })

/** Puts Ada on a paid plan and returns the plan. */
async function on(app: App, priceSlug: string) {
  await app.client.ping.mutate()
  await app.atFlowglad.pay(ada, priceSlug)
  return planNow(app)
}
const planNow = async (app: App) => (await app.client.billing.refresh.mutate()).plan

/**
 * Puts Ada on one plan and schedules a downgrade to another plan. Returns the time at which the downgrade takes
 * effect.
 */
async function leavingFor(app: App, { from, to }: { from: string; to: string }) {
  await on(app, from)
  const { plan: leaving } = await app.client.billing.changePlan.mutate({ priceSlug: to })
  return leaving?.changesAt
}

test('restores a scheduled cancellation after a rejected plan change, or asks the customer to cancel again', async () => {
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
    'Please cancel again',
  )
  expect((await app.client.billing.balances.query()).plan?.cancelsAt).toBeNull()
})

test('changes a plan only once for concurrent requests', async () => {
  await using app = await start()
  const { billing } = app.client
  await on(app, 'pro_monthly')
  const upgrade = () => billing.changePlan.mutate({ priceSlug: 'scale_monthly' })
  const upgrades = await Promise.all([upgrade(), upgrade()])
  expect(upgrades.map(({ plan }) => plan?.name)).toEqual(['Scale', 'Scale'])
  expect(app.proxy.count(/\/adjust$/)).toBe(1)
})

test('reports the success of a change that Flowglad makes despite returning an error', async () => {
  await using app = await start()
  const { billing } = app.client
  await on(app, 'pro_monthly')
  app.proxy.breakWith(({ method, path }) =>
    method === 'POST' && /subscriptions/.test(path)
      ? { state: 'handledButFails', status: 500, body: declined.body }
      : undefined,
  )
  const { plan: upgraded } = await billing.changePlan.mutate({ priceSlug: 'scale_monthly' })
  expect(upgraded).toMatchObject({ name: 'Scale', cancelsAt: null })
  const { plan: cancelled } = await billing.cancel.mutate()
  expect(cancelled?.cancelsAt).toEqual(expect.any(Number))
  expect((await billing.resume.mutate()).plan).toMatchObject({ name: 'Scale', cancelsAt: null })
  const { plan: leaving } = await billing.changePlan.mutate({ priceSlug: 'pro_monthly' })
  expect(leaving).toMatchObject({ name: 'Scale', changesAt: expect.any(Number) })
  expect((await billing.resume.mutate()).plan).toMatchObject({ name: 'Scale', changesAt: null })
  app.proxy.mend()
  expect(await planNow(app)).toMatchObject({ name: 'Scale', changesAt: null, cancelsAt: null })
})

test('changes a canceled plan even if Flowglad undoes the cancellation but returns an error', async () => {
  await using app = await start()
  await on(app, 'pro_monthly')
  await app.client.billing.cancel.mutate()
  app.proxy.breakWith(({ path }) =>
    path.endsWith('/uncancel') ? { state: 'handledButFails', status: 500, body: declined.body } : undefined,
  )
  const { plan } = await app.client.billing.changePlan.mutate({ priceSlug: 'scale_monthly' })
  expect(plan).toMatchObject({ name: 'Scale', cancelsAt: null })
})

test("returns BILLING_UNAVAILABLE if undoing a cancellation fails and the plan can't be read", async () => {
  await using app = await start()
  await on(app, 'pro_monthly')
  await app.client.billing.cancel.mutate()
  let isAway = false
  app.proxy.breakWith(({ path }) => {
    isAway ||= path.endsWith('/uncancel')
    if (path.endsWith('/uncancel')) return { state: 'handledButFails', status: 500, body: declined.body }
    return isAway && path.endsWith('/billing') ? { state: 'refused' } : undefined
  })
  await expect(app.client.billing.resume.mutate()).rejects.toMatchObject({
    data: { billing: { code: 'BILLING_UNAVAILABLE' } },
  })
  app.proxy.mend()
  expect(await planNow(app)).toMatchObject({ name: 'Pro', cancelsAt: null })
})

test("says that the plan may have changed if the ledger can't be read after a plan action", async () => {
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
    'may have changed. Check your plan',
  )
  isAway = false
  expect(await planNow(app)).toMatchObject({ name: 'Scale' })

  await app.client.billing.cancel.mutate()
  app.proxy.breakWith(({ path }) => {
    isAway ||= path.endsWith('/uncancel')
    return undefined
  })
  await expect(app.client.billing.resume.mutate()).rejects.toThrow('may have changed. Check your plan')
  isAway = false
  expect(await planNow(app)).toMatchObject({ name: 'Scale', cancelsAt: null })

  await app.client.billing.cancel.mutate()
  app.proxy.breakWith(({ path }) => {
    isAway ||= path.endsWith('/adjust')
    return path.endsWith('/adjust') ? { state: 'refused' } : undefined
  })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'pro_monthly' })).rejects.toThrow(
    'may have changed. Your cancellation is no longer scheduled.',
  )
  isAway = false
})

test('rejects a change to another plan until the customer undoes the scheduled downgrade', async () => {
  await using app = await start()
  const changesAt = await leavingFor(app, { from: 'scale_monthly', to: 'pro_monthly' })
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toThrow(
    'Undo it first',
  )
  expect(await planNow(app)).toMatchObject({ name: 'Scale', changesAt })
  await app.client.billing.resume.mutate()
  const { plan: changed } = await app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })
  expect(changed).toMatchObject({ name: 'Max', changesAt: null })
})

test('never adjusts a plan for which Flowglad has scheduled a downgrade to Free', async () => {
  await using app = await start()
  await on(app, 'scale_monthly')
  const { currentSubscription } = await app.atFlowglad.sdk.customers.retrieveBilling(ada.id)
  await app.atFlowglad.sdk.subscriptions.adjust(currentSubscription?.id ?? '', {
    adjustment: {
      timing: 'at_end_of_current_billing_period',
      newSubscriptionItems: [{ priceSlug: 'free', quantity: 1 }],
    },
  })
  app.proxy.breakWith(({ path }) => (path.endsWith('/cancel') ? declined : undefined))
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toThrow('Undo it')
  await expect(app.client.billing.changePlan.mutate({ priceSlug: 'free' })).rejects.toThrow(
    'Please choose it again',
  )
  expect(app.proxy.count(/\/adjust$/)).toBe(0)
  expect(await planNow(app)).toMatchObject({ name: 'Scale', changesAt: null, cancelsAt: null })
})

test('replaces a scheduled downgrade with a cancellation', async () => {
  await using app = await start()
  const changesAt = await leavingFor(app, { from: 'scale_monthly', to: 'pro_monthly' })
  const { plan: cancelled } = await app.client.billing.cancel.mutate()
  expect(cancelled).toMatchObject({ name: 'Scale', changesAt: null, cancelsAt: changesAt })
})

test('shows that the cancellation was removed even though the removal of the downgrade failed', async () => {
  await using app = await start()
  await leavingFor(app, { from: 'scale_monthly', to: 'pro_monthly' })
  // Metered never schedules both a downgrade and a cancellation, so change Flowglad's response.
  const { currentSubscription, ...billing } = await app.atFlowglad.sdk.customers.retrieveBilling(ada.id)
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

describe('when Flowglad does not respond to a plan change', () => {
  /**
   * Puts Ada on Pro and cancels the plan. Returns the time at which the plan ends, and a function that upgrades Ada
   * to Max.
   */
  async function upgrading(app: App) {
    const subscription = await on(app, 'pro_monthly')
    await app.client.billing.cancel.mutate()
    return {
      cancelsAt: subscription?.renewsAt,
      upgrade: () => app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' }),
    }
  }

  test('returns the new plan if Flowglad has made the change', async () => {
    await using app = await start()
    const { upgrade } = await upgrading(app)
    app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? { state: 'answerLost' } : undefined))
    expect((await upgrade()).plan).toMatchObject({ name: 'Max', cancelsAt: null })
  })

  test("does not restore a cancellation while the plan can't be read", async () => {
    // Restoring the cancellation could end a new plan that Ada has paid for.
    await using app = await start()
    const { upgrade } = await upgrading(app)
    let isLost = false
    app.proxy.breakWith(({ path }) => {
      isLost ||= path.endsWith('/adjust')
      if (path.endsWith('/adjust')) return { state: 'answerLost' }
      return isLost && path.endsWith('/billing') ? { state: 'refused' } : undefined
    })
    await expect(upgrade()).rejects.toThrow('may have changed. Your cancellation is no longer scheduled.')
    app.proxy.mend()
    expect(await planNow(app)).toMatchObject({ name: 'Max', cancelsAt: null })
  })

  test.each([
    ['made while a cancellation is being restored', undefined],
    [
      'even if Flowglad returns an error when it removes the restored cancellation',
      { state: 'handledButFails', status: 500, body: declined.body },
    ],
  ] as const)('keeps a plan change %s', async (_, uncancelling) => {
    await using app = await start()
    const { upgrade } = await upgrading(app)
    const { currentSubscription } = await app.atFlowglad.sdk.customers.retrieveBilling(ada.id)
    app.proxy.breakWith(({ path }) => {
      if (path.endsWith('/adjust')) return { state: 'page', status: 504 }
      if (path.endsWith('/uncancel')) return uncancelling
      if (!path.endsWith('/cancel')) return undefined
      // Flowglad makes the change only now, after the gateway has timed out.
      const made = app.atFlowglad.sdk.subscriptions.adjust(currentSubscription?.id ?? '', {
        adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'max_monthly' }] },
      })
      return { state: 'held', until: made.then(() => {}) }
    })
    expect((await upgrade()).plan).toMatchObject({ name: 'Max', cancelsAt: null })
    expect(await planNow(app)).toMatchObject({ name: 'Max', cancelsAt: null })
  })

  test('restores the cancellation if the plan has not changed', async () => {
    await using app = await start()
    const { upgrade, cancelsAt } = await upgrading(app)
    app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? { state: 'page', status: 504 } : undefined))
    await expect(upgrade()).rejects.toThrow('may have changed. Your cancellation is scheduled again.')
    expect(await planNow(app)).toMatchObject({ name: 'Pro', cancelsAt })
  })

  test('returns CONFLICT instead of a denial, because the change may have been charged', async () => {
    await using app = await start()
    await on(app, 'pro_monthly')
    app.proxy.breakWith(({ path }) => (path.endsWith('/adjust') ? { state: 'page', status: 504 } : undefined))
    await expect(app.client.billing.changePlan.mutate({ priceSlug: 'max_monthly' })).rejects.toMatchObject({
      message: expect.stringContaining('may have changed. Check your plan'),
      // The error must not be a denial, because a denial says that nothing was charged.
      data: { code: 'CONFLICT', billing: null },
    })
  })
})
