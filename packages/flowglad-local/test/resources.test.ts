import { describe, expect, it } from 'vitest'
import { sharedStudio } from './studio.ts'

const shared = sharedStudio()
const create = (resource: object) =>
  shared().node.post<{ resource: { id: string } }>('/api/v1/resources', { body: { resource } })

describe('a resource', () => {
  it('keeps its ID and the fields that an update omits', async () => {
    const { resource } = await create({ slug: 'desks', name: 'Desks', active: false, pricingModelId: 'x' })
    const changed = await shared().node.resources.update(resource.id, {
      resource: { id: 'x', name: 'Tables' },
    })
    expect(changed.resource).toEqual({
      ...resource,
      name: 'Tables',
      updatedAt: expect.any(Number),
    })
  })

  it("rejects another resource's slug, even if the slug is empty", async () => {
    await create({ slug: '', name: 'Nameless' })
    const { resource } = await create({ slug: 'rooms', name: 'Rooms' })
    await expect(create({ slug: '', name: 'Nameless' })).rejects.toMatchObject({
      status: 500,
      error: { error: expect.stringMatching(/^Failed to insert item into resources: .*duplicate key/) },
    })
    const update = shared().node.resources.update(resource.id, { resource: { id: resource.id, slug: '' } })
    await expect(update).rejects.toMatchObject({
      status: 500,
      error: {
        error: expect.stringMatching(`^Failed to update resources with id ${resource.id}: .*duplicate key`),
      },
    })
  })

  it("can't be updated if it is unknown", async () => {
    await expect(
      shared().node.resources.update('resource_x', { resource: { id: 'resource_x', name: 'X' } }),
    ).rejects.toMatchObject({ status: 500, error: { error: 'No resources found with id: resource_x' } })
  })
})
