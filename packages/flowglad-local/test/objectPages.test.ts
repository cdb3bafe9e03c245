import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'

type Studio = Awaited<ReturnType<typeof startStudio>>

const pageOf = async (url: string) => (await fetch(url)).text()

const addressesIn = (page: string) =>
  new Set([...page.matchAll(/href="(\/objects\/\w+)"/g)].flatMap(([, address]) => address ?? []))

/** Follows all links between objects and returns one page for each kind of object. */
async function crawl(studio: Studio, start: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  const seen = new Set<string>()
  const waiting = [start]
  for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
    if (seen.has(address)) continue
    seen.add(address)
    const answer = await fetch(studio.url + address)
    const page = await answer.text()
    const id = address.slice('/objects/'.length)
    expect([address, answer.status, page.includes(`>${id}</span>`)]).toEqual([address, 200, true])
    pages.set(id.replace(/_\w{21}$/, ''), page)
    waiting.push(...addressesIn(page))
  }
  return pages
}

it('gives every object a page with its ID, its JSON and links to related objects', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { pay } = await studio.checkout('ada', 'render_pack')
  await pay()
  await studio.use('ada', 'render', 3)
  const { customer } = await studio.billing('ada')
  const pages = await crawl(studio, `/objects/${customer.id}`)
  expect([...pages.keys()].sort()).toEqual([
    'billing_period',
    'billing_run',
    'chckt_session',
    'cust',
    'feature',
    'inv',
    'inv_li',
    'ledger_account',
    'ledger_entry',
    'msg',
    'pm',
    'prch',
    'price',
    'pricing_model',
    'prod',
    'product_feature',
    'pym',
    'resource',
    'si',
    'sub',
    'sub_feature',
    'usage_credit',
    'usage_event',
    'usage_meter',
  ])
  expect(pages.get('cust')).toContain('&#34;email&#34;: &#34;ada@studio.example&#34;')
})

it('hides private fields, such as the secret of a webhook', async () => {
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const { webhook, secret } = (await studio.node.post('/api/v1/webhooks', {
    body: {
      webhook: { name: 'Ours', url: 'http://127.0.0.1:1/', filterTypes: [], pricingModelId: pricingModel.id },
    },
  })) as { webhook: { id: string }; secret: string }
  const page = await pageOf(`${studio.url}/objects/${webhook.id}`)
  expect(page).toContain('http://127.0.0.1:1/')
  expect(page).not.toContain(secret)
  expect(page).not.toContain('internal')
})

it('opens an object when the search contains its ID', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  const found = await fetch(`${studio.url}/?find=%20${id}`, { redirect: 'manual' })
  expect([found.status, found.headers.get('location')]).toEqual([303, `/objects/${id}`])
  for (const unknown of ['sub_000000000000000000000', 'constructor', '<script>']) {
    const answer = await fetch(`${studio.url}/objects/${encodeURIComponent(unknown)}`)
    expect([answer.status, (await answer.text()).includes('<script>')]).toEqual([404, false])
  }
})

const sketch = `
name: Sketch
isDefault: true
usageMeters:
  - usageMeter: { slug: drawings, name: Drawings }
  - usageMeter: { slug: exports, name: Exports }
features:
  - { type: usage_credit_grant, slug: free_drawings, name: 3 drawings, usageMeterSlug: drawings, amount: 3, renewalFrequency: every_billing_period }
products:
  - product: { slug: free, name: Free, default: true }
    price: { type: subscription, slug: free, unitPrice: 0, intervalUnit: month, intervalCount: 1, isDefault: true }
    features: [free_drawings]
`

it('shows unlimited usage as a number and only overdrawn credits in red', async () => {
  await using studio = await startStudio({ pricing: sketch })
  await studio.customer('ada')
  await studio.use('ada', 'exports', 12)
  const details = async () => {
    const page = await pageOf(`${studio.url}/?customer=ada`)
    return [...page.matchAll(/<strong>(\w+)<\/strong>\s*<span class="(\w*)">(.+?)<\/span>/g)].map(
      ([, meter, className, text]) => [meter, className, text],
    )
  }
  await studio.use('ada', 'drawings', 2)
  expect(await details()).toEqual([
    ['Drawings', '', '2 of 3 used'],
    ['Exports', '', '12 used'],
  ])
  await studio.use('ada', 'drawings', 2)
  expect(await details()).toEqual([
    ['Drawings', 'negative', '4 of 3 used'],
    ['Exports', '', '12 used'],
  ])
})

it('shows the cost of overage on the next invoice', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  await studio.use('ada', 'render', 608)
  const page = await pageOf(`${studio.url}/?customer=ada`)
  expect(page).toContain('608 of 600 used')
  expect(page).toContain('The next invoice will charge $0.60 for usage beyond the plan.')
})

it('says that a canceled plan charges overage only if the plan continues', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.use('ada', 'render', 608)
  await studio.node.subscriptions.cancel(id, { cancellation: { timing: 'at_end_of_current_billing_period' } })
  const { billingPortalUrl } = await studio.billing('ada')
  for (const address of [`${billingPortalUrl}/ada`, `${studio.url}/?customer=ada`]) {
    const page = await pageOf(address)
    expect(page).toContain(
      'If the plan continues, the next invoice will charge $0.60 for usage beyond the plan.',
    )
    expect(page).not.toContain('The next invoice will charge')
  }
})
