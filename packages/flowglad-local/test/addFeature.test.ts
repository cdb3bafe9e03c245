import { expect, it } from 'vitest'
import { dayMs, startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

interface Answer {
  subscriptionItemFeature: Record<string, unknown> & { id: string; featureId: string }
}

const add = async (studio: Studio, subscriptionId: string, body: object) =>
  (await studio.node.post<Answer>(`/api/v1/subscriptions/${subscriptionId}/add-feature`, { body }))
    .subscriptionItemFeature

const featureItems = async (studio: Studio, externalId: string) =>
  (await studio.plan(externalId)).experimental?.featureItems ?? []

it('adds a toggle to a subscription only once', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const added = await add(studio, id, { featureSlug: 'watermark_free' })
  expect(added).toEqual({
    id: expect.stringMatching(/^sub_feature_/),
    createdAt: expect.any(Number),
    updatedAt: expect.any(Number),
    livemode: false,
    subscriptionItemId: expect.stringMatching(/^si_/),
    featureId: expect.stringMatching(/^feature_/),
    productFeatureId: null,
    type: 'toggle',
    amount: null,
    usageMeterId: null,
    renewalFrequency: null,
    expiredAt: null,
    detachedAt: null,
    detachedReason: null,
    manuallyCreated: true,
    pricingModelId: expect.stringMatching(/^pricing_model_/),
    resourceId: null,
    name: 'No watermark',
    slug: 'watermark_free',
  })
  expect(await add(studio, id, { featureId: added.featureId })).toEqual(added)
  expect(await featureItems(studio, 'ada')).toContainEqual(added)
  expect((await studio.plan('ada')).subscriptionItems).toHaveLength(1)
})

it('sums the amounts of a repeated credit feature and grants credits immediately only on request', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const first = await add(studio, id, { featureSlug: 'team_exports' })
  expect(first).toMatchObject({ amount: 40, renewalFrequency: 'every_billing_period' })
  expect(await studio.balances('ada')).toEqual({ render: 85 })
  const second = await add(studio, id, { featureSlug: 'team_exports', grantCreditsImmediately: true })
  expect(second).toMatchObject({ id: first.id, amount: 80 })
  expect(await studio.balances('ada')).toEqual({ render: 85, exports: 40 })
  await add(studio, id, { featureSlug: 'team_exports', grantCreditsImmediately: true })
  expect(await studio.balances('ada')).toEqual({ render: 85, exports: 40 })
  await studio.renew('ada')
  expect(await studio.balances('ada')).toMatchObject({ exports: 120 })
  expect(await studio.plan('ada')).toMatchObject({ name: 'Hobby', priceId: expect.any(String) })
})

it("adds a resource feature's seats and rejects adding the feature again", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const added = await add(studio, id, { featureSlug: 'team_seats' })
  expect(added).toMatchObject({ type: 'resource', amount: 2, resourceId: expect.any(String) })
  await expect(add(studio, id, { featureSlug: 'team_seats' })).rejects.toMatchObject({
    status: 500,
    error: {
      error: `Unwrap called on Err: Error: Existing feature ${added.id} is not a usage credit grant.`,
    },
  })
  const { claims } = await studio.node.post<{ claims: unknown[] }>(`/api/v1/resource-claims/${id}/claim`, {
    body: { resourceSlug: 'seats', quantity: 2 },
  })
  expect(claims).toHaveLength(2)
})

it('ends added features in a plan change only if the new plan contains them', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'weekly_price')
  await add(studio, id, { featureSlug: 'team_exports' })
  await add(studio, id, { featureSlug: 'pack_render' })
  studio.advance(dayMs)
  const preview = await studio.node.post<{ currentSubscriptionItems: unknown[] }>(
    `/api/v1/subscriptions/${id}/preview-adjust`,
    { body: { adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'team_price' }] } } },
  )
  expect(preview.currentSubscriptionItems).toContainEqual({
    name: 'Manual Features',
    unitPrice: 0,
    quantity: 0,
    priceId: '',
  })
  const { subscription, subscriptionItems } = await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'team_price' }] },
  })
  expect(subscription.name).toBe('Team')
  expect(subscriptionItems.map(({ name, priceId }) => [name, priceId === null])).toEqual([
    ['Manual Features', true],
    ['Team', false],
  ])
  const slugs = (await featureItems(studio, 'ada')).map(({ slug, manuallyCreated }) => [
    slug,
    manuallyCreated,
  ])
  expect(slugs.filter(([slug]) => slug === 'team_exports')).toEqual([['team_exports', false]])
  expect(slugs).toContainEqual(['pack_render', true])
  const invoices = (await studio.billing('ada')).invoices.flatMap(({ invoiceLineItems }) => invoiceLineItems)
  expect(invoices.map(({ description }) => description)).not.toContain('Manual Features')
})

it('keeps an added feature when a scheduled change to a plan with that feature is canceled', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await add(studio, id, { featureSlug: 'team_render' })
  const end = async () =>
    (await featureItems(studio, 'ada')).find(({ manuallyCreated }) => manuallyCreated)?.expiredAt
  expect(await end()).toBeNull()
  await studio.node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'weekly_price' }] },
  })
  expect(await end()).toBe((await studio.plan('ada')).currentBillingPeriodEnd)
  await studio.node.post(`/api/v1/subscriptions/${id}/cancel-scheduled-adjustment`, { body: {} })
  expect(await end()).toBeNull()
})

it.each([
  [
    {},
    400,
    [{ code: 'custom', path: [], message: 'Either featureId or featureSlug must be provided, but not both' }],
  ],
  [
    { featureId: 'a', featureSlug: 'b' },
    400,
    [{ code: 'custom', path: [], message: 'Either featureId or featureSlug must be provided, but not both' }],
  ],
  [
    { featureSlug: 1, grantCreditsImmediately: 'yes' },
    400,
    [
      { expected: 'string', code: 'invalid_type', path: ['featureSlug'], message: expect.any(String) },
      {
        expected: 'boolean',
        code: 'invalid_type',
        path: ['grantCreditsImmediately'],
        message: expect.any(String),
      },
    ],
  ],
  [
    { featureId: 'feature_x' },
    500,
    'Unwrap called on Err: Panic: Unwrap called on Err: NotFoundError: No features found with id: feature_x',
  ],
  [
    { featureSlug: 'nope' },
    500,
    'Unwrap called on Err: Error: No feature found with slug "nope" in the subscription\'s pricing model',
  ],
  [
    { featureSlug: 'watermark_free', grantCreditsImmediately: true },
    500,
    'Unwrap called on Err: Error: grantCreditsImmediately is only supported for usage credit features.',
  ],
])('rejects the body %o with %i', async (body, status, error) => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  await expect(add(studio, id, body)).rejects.toMatchObject({ status, error: { error } })
})

it('rejects an inactive feature and a subscription that has ended or does not exist', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  const { featureId: feature } = await add(studio, id, { featureSlug: 'watermark_free' })
  await studio.node.put(`/api/v1/features/${feature}`, {
    body: { feature: { id: feature, type: 'toggle', active: false } },
  })
  await expect(add(studio, id, { featureId: feature })).rejects.toMatchObject({
    status: 500,
    error: {
      error: `Unwrap called on Err: Error: Feature ${feature} is inactive and cannot be added to subscriptions.`,
    },
  })
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } })
  await expect(add(studio, id, { featureSlug: 'pack_render' })).rejects.toMatchObject({
    status: 500,
    error: {
      error: `Unwrap called on Err: SubscriptionTerminalStateError: Cannot mutate subscription ${id} in terminal state: canceled`,
    },
  })
  await expect(add(studio, 'sub_x', { featureSlug: 'pack_render' })).rejects.toMatchObject({
    status: 500,
    error: {
      error:
        'Unwrap called on Err: Panic: Unwrap called on Err: NotFoundError: No subscriptions found with id: sub_x',
    },
  })
})

it('changes nothing if the amounts add up to more than the platform can store', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const feature = {
    type: 'usage_credit_grant',
    name: 'Most',
    slug: 'most',
    description: '',
    pricingModelId: pricingModel.id,
    usageMeterId: pricingModel.usageMeters.find(({ slug }) => slug === 'exports')?.id,
    amount: 2 ** 31 - 1,
    renewalFrequency: 'once',
  }
  await studio.node.post('/api/v1/features', { body: { feature } })
  const added = await add(studio, id, { featureSlug: 'most' })
  await expect(add(studio, id, { featureSlug: 'most', grantCreditsImmediately: true })).rejects.toMatchObject(
    {
      status: 500,
      error: { error: expect.stringContaining('is out of range for type integer') },
    },
  )
  expect(await featureItems(studio, 'ada')).toContainEqual(added)
  expect(await studio.balances('ada')).toEqual({ render: 85 })
})
