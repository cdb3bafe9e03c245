import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const submit = (studio: Studio, fields: Record<string, string>) =>
  fetch(`${studio.url}/conditions`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
  })

const control = (studio: Studio, body: object) =>
  fetch(`${studio.url}/__test__/conditions`, { method: 'POST', body: JSON.stringify(body) })

const externalIds = async (studio: Studio) =>
  (await studio.node.customers.list()).data.map(({ externalId }) => externalId)

it.each([
  ['down', {}, []],
  ['error', { status: 500 }, []],
  ['lost', {}, ['ada']],
] as const)('simulates the fault "%s" until the fault is switched off', async (fault, failure, created) => {
  await using studio = await startStudio()
  expect((await submit(studio, { fault })).status).toBe(303)
  await expect(studio.customer('ada')).rejects.toMatchObject(failure)
  await submit(studio, { fault: 'none' })
  expect(await externalIds(studio)).toEqual(created)
  const dashboard = await (await fetch(studio.url)).text()
  const [, address] = /href="(\/requests\/\w+)">POST \/customers</.exec(dashboard) ?? []
  const page = await (await fetch(`${studio.url}${address}`)).text()
  expect(page).toContain(`<dt>Status</dt><dd>${fault === 'error' ? '500' : 'No response'}</dd>`)
})

it("delays only one key's calls", async () => {
  await using studio = await startStudio()
  const { key } = studio.addKey({ pricing: studioPricing })
  expect(await (await control(studio, { key, latencyMs: 300 })).json()).toEqual({
    latencyMs: 300,
    fault: 'none',
  })
  const timed = async (authorization: string) => {
    const began = performance.now()
    await fetch(`${studio.url}/api/v1/customers`, { headers: { authorization } })
    return performance.now() - began
  }
  expect(await timed(key)).toBeGreaterThan(295)
  expect(await timed(studio.key)).toBeLessThan(295)
})

it('rejects unknown faults, delays and keys', async () => {
  await using studio = await startStudio()
  for (const body of [{ fault: 'fire' }, { latencyMs: -1 }, { latencyMs: 600_001 }, { key: 'none' }])
    expect([body, (await control(studio, body)).status]).toEqual([body, 400])
  expect((await submit(studio, { fault: 'fire' })).status).toBe(400)
  expect((await submit(studio, { latencyMs: '-1' })).status).toBe(400)
})

it('offers no fault controls if test controls are off', async () => {
  await using studio = await startStudio({ testControls: false })
  const { customer } = (
    await studio.node.customers.create({
      customer: { externalId: 'ada', name: 'Ada', email: 'ada@studio.example' },
    })
  ).data
  for (const path of [
    '/conditions',
    '/reset',
    '/demo-customers',
    `/customers/${customer.id}/grant`,
    `/customers/${customer.id}/next-payment`,
    '/clock',
    '/__test__/conditions',
  ])
    expect([path, (await fetch(studio.url + path, { method: 'POST' })).status]).toEqual([path, 404])
  const page = await (await fetch(`${studio.url}/?customer=ada`)).text()
  expect([...page.matchAll(/<form method="post"/g)]).toEqual([])
})
