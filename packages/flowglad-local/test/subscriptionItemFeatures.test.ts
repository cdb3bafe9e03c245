import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

interface Answer {
  subscriptionItemFeature: Record<string, unknown> & { id: string }
}

const path = '/api/v1/subscription-item-features'
const post = (studio: Studio, subscriptionItemFeature: object) =>
  studio.node.post<Answer>(path, { body: { subscriptionItemFeature } })
const put = (studio: Studio, id: string, subscriptionItemFeature: object) =>
  studio.node.put<Answer>(`${path}/${id}`, {
    body: { subscriptionItemFeature: { id, ...subscriptionItemFeature } },
  })

/** Starts a server with a customer on the Team plan. */
async function onTeam() {
  const studio = await startStudio()
  await studio.customer('ada')
  const plan = await studio.subscribe('ada', 'team_price')
  const featureItem = (slug: string) => {
    const found = plan.experimental?.featureItems.find((item) => item.slug === slug)
    if (!found) throw new Error(`The plan has no feature ${slug}`)
    return found
  }
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const featureOf = (slug: string) =>
    pricingModel.products.flatMap(({ features }) => features).find((feature) => feature.slug === slug)?.id ??
    ''
  return { ...studio, itemId: plan.subscriptionItems?.[0]?.id ?? '', featureItem, featureOf }
}

it("changes a subscription's feature to another catalog feature and accepts times in every format", async () => {
  await using studio = await onTeam()
  const { id, subscriptionItemId } = studio.featureItem('watermark_free')
  const featureId = studio.featureOf('pack_render')
  const { subscriptionItemFeature } = await put(studio, id, {
    type: 'toggle',
    featureId,
    expiredAt: '2199-01-01T00:00:00.000Z',
    detachedAt: 0,
  })
  expect(subscriptionItemFeature).toMatchObject({
    id,
    subscriptionItemId,
    featureId,
    name: 'pack render',
    slug: 'pack_render',
    expiredAt: Date.UTC(2199, 0),
    detachedAt: 0,
  })
  expect(await studio.node.get(`${path}/${id}`)).toEqual({ subscriptionItemFeature })
})

it('omits ended features from the billing details', async () => {
  await using studio = await onTeam()
  const { id } = studio.featureItem('watermark_free')
  await put(studio, id, { type: 'toggle', expiredAt: studio.now() })
  const { experimental } = await studio.plan('ada')
  expect(experimental?.featureItems.map(({ slug }) => slug)).not.toContain('watermark_free')
  expect((await studio.server('ada').getBilling()).checkFeatureAccess('watermark_free')).toBe(false)
})

it.each([
  ['a feature', { type: 'toggle', featureId: 'x' }],
  ['an item', { type: 'toggle', subscriptionItemId: 'x' }],
  ['a product feature', { type: 'toggle', productFeatureId: 'x' }],
  ['a meter', { type: 'usage_credit_grant', amount: 1, usageMeterId: 'x', renewalFrequency: 'once' }],
  ['a resource', { type: 'resource', amount: 1, resourceId: 'x' }],
])('rejects an update to %s that does not exist', async (_, change) => {
  await using studio = await onTeam()
  const { id } = studio.featureItem('watermark_free')
  await expect(put(studio, id, change)).rejects.toMatchObject({
    status: 500,
    error: {
      error: `Failed to update subscription_features with id ${id}: insert or update on table "subscription_item_features" violates foreign key constraint`,
    },
  })
})

it('rejects an update that would give an item the same feature twice', async () => {
  await using studio = await onTeam()
  const { id } = studio.featureItem('watermark_free')
  const { featureId } = studio.featureItem('team_render')
  await expect(put(studio, id, { type: 'toggle', featureId })).rejects.toMatchObject({
    status: 500,
    error: {
      error: expect.stringContaining(`Failed to update subscription_features with id ${id}: duplicate key`),
    },
  })
})

it('rejects an update from a grant to a toggle unless the amount and meter are removed', async () => {
  await using studio = await onTeam()
  const { id } = studio.featureItem('team_render')
  await expect(put(studio, id, { type: 'toggle' })).rejects.toMatchObject({
    status: 500,
    error: {
      error: expect.stringContaining(
        `Failed to update subscription_features with id ${id}: createUpdateFunction: Error parsing result: `,
      ),
    },
  })
  const toggle = { type: 'toggle', amount: null, usageMeterId: null, renewalFrequency: null }
  expect((await put(studio, id, toggle)).subscriptionItemFeature).toMatchObject({ id, ...toggle })
})

it('rejects amounts that the database cannot store', async () => {
  await using studio = await onTeam()
  const { id, usageMeterId } = studio.featureItem('team_render')
  const grant = { type: 'usage_credit_grant', amount: 2 ** 31, usageMeterId, renewalFrequency: 'once' }
  const outOfRange = 'value "2147483648" is out of range for type integer'
  await expect(put(studio, id, grant)).rejects.toMatchObject({
    status: 500,
    error: { error: `Failed to update subscription_features with id ${id}: ${outOfRange}` },
  })
  const featureId = studio.featureOf('pack_render')
  const added = { ...grant, subscriptionItemId: studio.itemId, featureId, name: '', slug: '' }
  await expect(post(studio, added)).rejects.toMatchObject({
    status: 500,
    error: {
      error: `Failed to insert item into subscription_features: Failed to insert items into subscription_features: ${outOfRange}`,
    },
  })
})

it('names the unknown item or feature in the error', async () => {
  await using studio = await onTeam()
  const toggle = { type: 'toggle', name: '', slug: '' }
  const { featureId } = studio.featureItem('watermark_free')
  await expect(post(studio, { ...toggle, featureId, subscriptionItemId: 'si_x' })).rejects.toMatchObject({
    status: 500,
    error: { error: 'Unwrap called on Err: NotFoundError: No subscription items found with id: si_x' },
  })
  await expect(put(studio, 'sub_feature_x', { type: 'toggle' })).rejects.toMatchObject({
    status: 500,
    error: {
      error: 'Unwrap called on Err: NotFoundError: No subscription features found with id: sub_feature_x',
    },
  })
})

it('rejects an invalid expiry time', async () => {
  await using studio = await onTeam()
  const { id } = studio.featureItem('watermark_free')
  await expect(put(studio, id, { type: 'toggle', expiredAt: 'soon' })).rejects.toMatchObject({
    status: 400,
    error: {
      error: [{ code: 'invalid_type', expected: 'date', path: ['subscriptionItemFeature', 'expiredAt'] }],
    },
  })
})
