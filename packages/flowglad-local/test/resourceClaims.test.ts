import { describe, expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'

const seat = { resourceSlug: 'seats' }

/** Starts a server on which Ada's plan has two seats for each unit of its quantity. */
async function withSeats(quantity = 1) {
  const studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { quantity })
  const call = (path: string, body: object) =>
    studio.node.post(`/api/v1/resource-claims/${id}/${path}`, { body: { ...seat, ...body } })
  const get = (path: string) => studio.node.get(`/api/v1/resource-claims/${id}/${path}`)
  const claimed = async () => (await studio.node.resourceClaims.retrieveUsage(id, seat)).usage.claimed
  return { studio, id, call, get, claimed, [Symbol.asyncDispose]: () => studio.close() }
}

describe('resource claims of an unknown subscription', () => {
  const shared = sharedStudio()

  it.each([
    ['POST', 'claim'],
    ['POST', 'release'],
    ['GET', 'usage?resourceSlug=seats'],
    ['GET', 'usages'],
    ['GET', 'claims'],
  ])('returns 500 for %s %s', async (method, path) => {
    const { node } = shared()
    const url = `/api/v1/resource-claims/sub_x/${path}`
    const answer = method === 'GET' ? node.get(url) : node.post(url, { body: { ...seat, quantity: 1 } })
    await expect(answer).rejects.toMatchObject({
      status: 500,
      error: {
        error: 'Unwrap called on Err: NotFoundError: No subscriptions found with id: sub_x',
        code: 'INTERNAL_SERVER_ERROR',
      },
    })
  })
})

describe('a claim', () => {
  it.each([
    [{ quantity: 3 }, 3],
    [{ quantity: 2 ** 40 }, 2 ** 40],
    [{ externalIds: ['a', 'b', 'c'] }, 3],
  ])('is rejected with 400 if it asks for more seats than are available (%j)', async (request, requested) => {
    await using seats = await withSeats()
    await expect(seats.call('claim', request)).rejects.toMatchObject({
      status: 400,
      error: {
        error: `No available capacity. Requested: ${requested}, Available: 2, Total capacity: 2`,
        code: 'BAD_REQUEST',
      },
    })
    expect(await seats.claimed()).toBe(0)
  })

  it('claims nothing if it contains the same new external ID twice', async () => {
    await using seats = await withSeats()
    await expect(seats.call('claim', { externalIds: ['a', 'a'] })).rejects.toMatchObject({
      status: 500,
      error: { error: expect.stringContaining('duplicate key') },
    })
    expect(await seats.claimed()).toBe(0)
    const { claims } = await seats.studio.node.resourceClaims.claim(seats.id, { ...seat, externalId: 'a' })
    expect(await seats.call('claim', { externalIds: ['a', 'a'] })).toMatchObject({ claims })
    expect(await seats.claimed()).toBe(1)
  })

  it('reports its end only in `expiredAt` if it ends with the plan', async () => {
    await using seats = await withSeats()
    const { subscription } = await seats.studio.node.subscriptions.cancel(seats.id, {
      cancellation: { timing: 'at_end_of_current_billing_period' },
    })
    const answer = await seats.call('claim', { quantity: 1 })
    expect(Object.keys(Object(answer))).toEqual(['claims', 'usage'])
    expect(answer).toMatchObject({ claims: [{ expiredAt: subscription.cancelScheduledAt }] })
  })

  it('limits metadata values to 500 characters', async () => {
    await using seats = await withSeats()
    await expect(
      seats.call('claim', { quantity: 1, metadata: { note: 'x'.repeat(501) } }),
    ).rejects.toMatchObject({
      status: 400,
      error: { error: [{ code: 'too_big', maximum: 500, path: ['metadata', 'note'] }] },
    })
  })
})

it('releases no seat for a repeated external ID but one seat for a repeated claim ID', async () => {
  await using seats = await withSeats()
  const { claims } = await seats.studio.node.resourceClaims.claim(seats.id, { ...seat, externalId: 'a' })
  await expect(seats.call('release', { externalIds: ['a', 'a'] })).rejects.toMatchObject({
    status: 500,
    error: { error: 'No active claim found with externalId "undefined"' },
  })
  expect(await seats.claimed()).toBe(1)
  const ids = [claims[0]?.id, claims[0]?.id]
  expect(await seats.call('release', { claimIds: ids })).toMatchObject({
    releasedClaims: [{ id: claims[0]?.id, releaseReason: 'released' }],
    usage: { claimed: 0 },
  })
})

describe('the usages of a subscription', () => {
  const slugs = async (seats: Awaited<ReturnType<typeof withSeats>>, query: string) => {
    const usages = await seats.studio.node.get<{ usage: { resourceSlug: string } }[]>(
      `/api/v1/resource-claims/${seats.id}/usages${query}`,
    )
    return usages.map(({ usage }) => usage.resourceSlug)
  }

  it('are filtered by a repeated query parameter, and reject a single value', async () => {
    await using seats = await withSeats()
    expect(await slugs(seats, '')).toEqual(['seats'])
    expect(await slugs(seats, '?resourceSlugs=desks&resourceSlugs=seats')).toEqual(['seats'])
    expect(await slugs(seats, '?resourceSlugs=desks&resourceSlugs=rooms')).toEqual([])
    expect(await slugs(seats, '?resourceSlugs[]=desks')).toEqual(['seats'])
    for (const name of ['resourceSlugs', 'resourceIds'])
      await expect(seats.get(`usages?${name}=seats,desks`)).rejects.toMatchObject({
        status: 400,
        error: { error: [{ code: 'invalid_type', expected: 'array', path: [name] }] },
      })
    const many = Array.from({ length: 101 }, (_, i) => `resourceSlugs=r${i}`).join('&')
    await expect(seats.get(`usages?${many}`)).rejects.toMatchObject({
      status: 400,
      error: { error: [{ code: 'too_big', maximum: 100, path: ['resourceSlugs'] }] },
    })
  })
})

it("returns 404 for another pricing model's resource", async () => {
  await using seats = await withSeats()
  const resources = [{ slug: 'desks', name: 'Desks' }]
  await seats.studio.node.post('/api/v1/pricing-models/setup', {
    body: { name: 'Other', features: [], products: [], usageMeters: [], resources },
  })
  for (const path of ['usage?resourceSlug=desks', 'usage?resourceId=resource_x', 'claims?resourceSlug=desks'])
    await expect(seats.get(path)).rejects.toMatchObject({
      status: 404,
      error: { error: 'Resource not found', code: 'NOT_FOUND' },
    })
  expect(await seats.get('claims?resourceSlug=')).toEqual({ claims: [] })
})
