import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createDirectory } from './process.ts'
import { cards, startStudio } from './studio.ts'
import { studioPricing } from './studioPricing.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const submit = async (studio: Studio, path: string, fields: Record<string, string> = {}) => {
  const answer = await fetch(studio.url + path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
  })
  return answer.status
}

const pageOf = async (url: string) => (await fetch(url)).text()

const idOf = async (studio: Studio, externalId: string) => (await studio.billing(externalId)).customer.id

const failNextPayment = async (studio: Studio, externalId: string) =>
  submit(studio, `/customers/${await idOf(studio, externalId)}/next-payment`, { fails: 'yes' })

const fixedClock = { clock: () => Date.UTC(2027, 3, 1) }

it('makes only the next renewal fail and collects the retry', async () => {
  await using studio = await startStudio(fixedClock)
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  expect(await failNextPayment(studio, 'ada')).toBe(303)
  await studio.renew('ada')
  expect((await studio.plan('ada')).status).toBe('past_due')
  studio.advance(3 * 24 * 60 * 60 * 1000)
  expect((await studio.plan('ada')).status).toBe('active')
})

it('declines the next checkout that charges a card, but not one that only saves a card', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await failNextPayment(studio, 'ada')
  const { checkoutSession, url } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'add_payment_method',
      customerExternalId: 'ada',
      successUrl: studio.url,
      cancelUrl: studio.url,
    },
  })
  expect(url).toContain(checkoutSession.id)
  const fields = { name: 'Ada', email: 'ada@studio.example', card: cards.pays }
  expect(await submit(studio, `/add-payment-method/${checkoutSession.id}`, fields)).toBe(303)
  const { pay } = await studio.checkout('ada', 'team_price')
  const declined = await pay()
  expect([declined.status, await declined.text()]).toEqual([
    402,
    expect.stringContaining('Your card was declined. Nothing was charged.'),
  ])
  expect((await studio.billing('ada')).invoices).toEqual([])
  expect((await pay()).status).toBe(303)
})

it('applies the planned failure to a checkout that a test control completes', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await failNextPayment(studio, 'ada')
  const { session } = await studio.checkout('ada', 'team_price')
  const complete = async () => {
    const path = `${studio.url}/__test__/checkout-sessions/${session.id}/complete`
    return (await (await fetch(path, { method: 'POST', body: '{}' })).json()).checkoutSession.status
  }
  expect([await complete(), await complete()]).toEqual(['open', 'succeeded'])
})

it('lets the next payment succeed after the planned failure is canceled', async () => {
  await using studio = await startStudio(fixedClock)
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  await failNextPayment(studio, 'ada')
  await submit(studio, `/customers/${await idOf(studio, 'ada')}/next-payment`, { fails: 'no' })
  await studio.renew('ada')
  expect((await studio.plan('ada')).status).toBe('active')
})

it('grants credits that remain after a renewal', async () => {
  await using studio = await startStudio(fixedClock)
  await studio.customer('ada')
  const { usageMeters } = await pricingOf(studio)
  const meter = usageMeters.find(({ slug }) => slug === 'render')?.id ?? ''
  const path = `/customers/${await idOf(studio, 'ada')}/grant`
  expect(await submit(studio, path, { meter, amount: '40' })).toBe(303)
  expect(await studio.balances('ada')).toMatchObject({ render: 125 })
  await studio.renew('ada')
  expect(await studio.balances('ada')).toMatchObject({ render: 125 })
  for (const fields of [
    { meter, amount: '0' },
    { meter, amount: '2147483648' },
    { meter: 'none', amount: '1' },
  ])
    expect([fields, await submit(studio, path, fields)]).toEqual([fields, 400])
})

const pricingOf = async (studio: Studio) => (await studio.node.pricingModels.retrieveDefault()).pricingModel

it("deletes only one key's customers and their data, not its pricing", async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const studio = await startStudio({ db })
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  await studio.use('ada', 'render', 5)
  const { key } = studio.addKey({ pricing: studioPricing })
  const other = { headers: { authorization: key, 'content-type': 'application/json' } }
  await fetch(`${studio.url}/api/v1/customers`, {
    ...other,
    method: 'POST',
    body: JSON.stringify({ customer: { externalId: 'bob', name: 'Bob', email: 'b@studio.example' } }),
  })
  const before = await pricingOf(studio)
  expect(await pageOf(`${studio.url}/reset`)).toContain('This will delete 1 customer of')
  expect(await submit(studio, '/reset', { model: before.id, demo: 'no' })).toBe(303)
  const events = await studio.node.get('/api/v1/usage-events')
  expect((await studio.node.customers.list()).data).toEqual([])
  expect(events).toMatchObject({ data: [], total: 0 })
  expect(await pricingOf(studio)).toEqual(before)
  expect((await fetch(`${studio.url}/api/v1/customers/bob`, other)).status).toBe(200)
  await studio.customer('ada')
  expect(await studio.balances('ada')).toEqual({ render: 85 })
  await studio.close()
  await using restarted = await startStudio({ db })
  expect((await restarted.node.customers.list()).data).toHaveLength(1)
  expect(await restarted.balances('ada')).toEqual({ render: 85 })
})

it('adds only the demo customers that are missing', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const demo = async () => {
    await submit(studio, '/demo-customers')
    return (await studio.node.customers.list()).data.map(({ externalId, name }) => `${externalId} ${name}`)
  }
  const names = await demo()
  expect(names).toEqual([
    'ada ada',
    'grace Grace Hopper',
    'alan Alan Turing',
    'katherine Katherine Johnson',
    'edsger Edsger Dijkstra',
  ])
  expect(await demo()).toEqual(names)
})

it.each(['/requests?find=ada', '//elsewhere.example', '/\t/elsewhere.example', '/\\elsewhere.example'])(
  'redirects only to a page of this server (%j)',
  async (back) => {
    await using studio = await startStudio()
    const answer = await fetch(`${studio.url}/conditions`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ back }),
    })
    const location = answer.headers.get('location') ?? ''
    expect(new URL(location, studio.url).origin).toBe(new URL(studio.url).origin)
    if (back.startsWith('/requests')) expect(location).toBe(back)
  },
)

it("uses the README's names for the dashboard's cards", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const page = await pageOf(`${studio.url}/?customer=ada`)
  const headings = [...page.matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, heading]) => heading)
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const dashboard = /^## The dashboard\n(.*?)^## /ms.exec(readme)?.[1] ?? ''
  const names = [...dashboard.matchAll(/^\* \*\*(.+?)\*\*:/gm)].map(([, name]) => name)
  // In the README, "Objects" describes pages instead of a card.
  expect(names.filter((name) => !headings.includes(name))).toEqual(['Objects'])
  expect(names).toEqual(expect.arrayContaining(['API requests', 'Clock', 'API', 'Data', 'Customer']))
})

it('hides the customer count and the delete button while there are no customers', async () => {
  await using studio = await startStudio()
  const empty = await pageOf(studio.url)
  expect(empty).toContain('No customers yet.')
  expect(empty).not.toMatch(/\b0 in all|Delete all customers…/)
  expect(await pageOf(`${studio.url}/?find=ada`)).toMatch(/No customer matches “ada”.*>All customers</s)
  await studio.customer('ada')
  const page = await pageOf(`${studio.url}/?find=ada`)
  expect(page).toMatch(/1 in all matching “ada” · <a/)
  expect(page).toContain('Delete all customers…')
})
