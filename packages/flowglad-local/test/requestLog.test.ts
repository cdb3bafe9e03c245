import { expect, it } from 'vitest'
import { createRequestLog, maxBodyLength } from '../src/platform/requestLog.ts'
import { maskSecrets } from '../src/rules/maskSecrets.ts'
import { startStudio } from './studio.ts'

const aRequest = (id: string, bodies: { request?: string; response?: string } = {}) => ({
  id,
  at: 0,
  pricingModelId: 'pricing_model_1',
  method: 'POST',
  url: '/api/v1/usage-events',
  status: 200,
  durationMs: 1,
  fault: 'none' as const,
  request: '',
  response: '',
  ...bodies,
})

it('keeps only the newest requests', () => {
  const log = createRequestLog({ maxRequests: 2, maxTotalLength: 1_000_000 })
  for (const id of ['a', 'b', 'c']) log.add(aRequest(id), null)
  expect(log.newest('pricing_model_1').map(({ id }) => id)).toEqual(['c', 'b'])
  expect(log.find('a')).toBeUndefined()
})

it('limits the length of each body and the total length of all bodies', () => {
  const log = createRequestLog({ maxRequests: 100, maxTotalLength: 2.5 * maxBodyLength })
  for (const id of ['a', 'b', 'c']) log.add(aRequest(id, { response: 'x'.repeat(maxBodyLength + 5) }), null)
  expect(log.newest('pricing_model_1').map(({ id }) => id)).toEqual(['c', 'b'])
  expect(log.find('c')?.response).toEqual({
    text: 'x'.repeat(maxBodyLength),
    length: maxBodyLength + 5,
    isCut: true,
  })
})

it("lists only a pricing model's requests and the requests without a valid key", () => {
  const log = createRequestLog()
  log.add(aRequest('mine'), null)
  log.add({ ...aRequest('theirs'), pricingModelId: 'pricing_model_2' }, null)
  log.add({ ...aRequest('without a key'), pricingModelId: null }, null)
  expect(log.newest('pricing_model_1').map(({ id }) => id)).toEqual(['without a key', 'mine'])
})

it.each([
  ['the API key', 'the key is "my own-key"', 'the key is "…"'],
  ['a key in a URL', '/x?key=my%20own-key', '/x?key=…'],
  ["keys in Flowglad's format", 'sk_live_abc123 and whsec_QUJD/+8=', 'sk_live_… and whsec_…'],
  [
    'secret fields',
    '{"clientSecret": "a\\"b", "apiKey":"k", "name":"n"}',
    '{"clientSecret": "…", "apiKey":"…", "name":"n"}',
  ],
  [
    'secret fields of JSON within a string',
    JSON.stringify({ body: JSON.stringify({ apiKey: 'a"b', name: 'n', token: 'c\\' }, null, 2), id: 1 }),
    JSON.stringify({ body: JSON.stringify({ apiKey: '…', name: 'n', token: '…' }, null, 2), id: 1 }),
  ],
  [
    'secret fields of JSON within strings in strings',
    JSON.stringify([JSON.stringify([JSON.stringify({ password: 'a"\\"b', name: 'n' }), 'x']), 'y']),
    JSON.stringify([JSON.stringify([JSON.stringify({ password: '…', name: 'n' }), 'x']), 'y']),
  ],
  [
    'a secret that ends with the string around it',
    String.raw`{"text":"\"token\": \"abc","name":"n"}`,
    String.raw`{"text":"\"token\": \"…","name":"n"}`,
  ],
  [
    'a key after a line break in JSON',
    String.raw`{"log":"a\nsk_test_abc"}`,
    String.raw`{"log":"a\nsk_test_…"}`,
  ],
  ['longer names', '{"accessToken":"a", "tokens":"2"}', '{"accessToken":"…", "tokens":"2"}'],
])('masks %s', (_, text, masked) => {
  expect(maskSecrets(text, 'my own-key')).toBe(masked)
})

it('masks a key with quotes in JSON within strings', () => {
  const key = 'key"with\\quotes'
  const nested = (text: string) => [text, JSON.stringify(text), JSON.stringify(JSON.stringify(text))]
  expect(nested(key).map((text) => maskSecrets(text, key))).toEqual(nested('…'))
})

it.each([
  ['a key', 4, 'sk_test_secret'],
  ['a key', 10, 'sk_test_secret'],
  ['a JSON field', 20, `{"apiKey":"secret${'e'.repeat(100_000)}"}`],
  ["the server's key", 5, 'my-secret'],
])('masks the start of %s if the body is cut after its first %i characters', (_, shown, secret) => {
  const log = createRequestLog()
  const response = `${' '.repeat(maxBodyLength - shown)}${secret}${' '.repeat(100_000)}`
  log.add(aRequest('a', { response }), 'my-secret')
  expect(log.find('a')?.response).toMatchObject({ text: expect.not.stringMatching(/secr|my-/), isCut: true })
})

const pageOf = async (url: string) => (await fetch(url)).text()

it('shows each API request with both bodies and without secrets', async () => {
  await using studio = await startStudio({ key: 'sk_test_very_secret_key' })
  await studio.customer('ada')
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const webhook = {
    name: 'Ours',
    url: 'http://127.0.0.1:1/',
    filterTypes: [],
    pricingModelId: pricingModel.id,
  }
  const { secret } = (await studio.node.post('/api/v1/webhooks', { body: { webhook } })) as { secret: string }
  const dashboard = await pageOf(studio.url)
  const requests = [...dashboard.matchAll(/<a href="(\/requests\/\w+)">(\w+ [^<]+)<\/a>/g)].map(
    ([, address, request]) => ({ address, request }),
  )
  expect(requests.map(({ request }) => request)).toEqual([
    'POST /webhooks',
    'GET /pricing-models/default',
    'POST /customers',
  ])
  const [created, , customer] = await Promise.all(requests.map(({ address }) => pageOf(studio.url + address)))
  expect(customer).toContain('ada@studio.example')
  expect(customer).toContain('<dt>Status</dt><dd>200</dd>')
  expect(created).toContain('&#34;secret&#34;: &#34;…&#34;')
  for (const page of [created, customer]) {
    expect(page).not.toContain(secret)
    expect(page).not.toContain('very_secret')
  }
})

it('finds a request by the ID in its response, even if the request has no valid key', async () => {
  await using studio = await startStudio()
  const answer = await fetch(`${studio.url}/api/v1/customers`, {
    headers: { authorization: 'sk_live_from_production' },
  })
  const page = await pageOf(`${studio.url}/requests/${answer.headers.get('x-request-id')}`)
  expect(page).toContain('<dt>Status</dt><dd>401</dd>')
  expect(page).toContain('Missing or unknown')
  expect(page).not.toContain('from_production')
  expect((await fetch(`${studio.url}/requests/none`)).status).toBe(404)
})

it('shows only the path of a request in the heading', async () => {
  await using studio = await startStudio()
  const headers = { authorization: studio.key }
  const answer = await fetch(`${studio.url}/api/v1/payments?limit=5?`, { headers })
  const page = await pageOf(`${studio.url}/requests/${answer.headers.get('x-request-id')}`)
  expect(page).toContain('GET <span class="mono">/api/v1/payments</span></h1>')
  expect(page).toContain('<dt>Query</dt><dd><span class="mono">limit=5?</span></dd>')
})

it('finds requests by path, status or body', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  await studio.customer('grace')
  await fetch(`${studio.url}/api/v1/customers/charles`, { headers: { authorization: studio.key } })
  const found = async (find: string) =>
    [
      ...(await pageOf(`${studio.url}/requests?find=${find}`)).matchAll(
        /<td class="number ">(\d+)<|negative">(\d+)</g,
      ),
    ].map(([, good, bad]) => good ?? bad)
  expect(await found('')).toEqual(['404', '200', '200'])
  expect(await found('404')).toEqual(['404'])
  expect(await found('GRACE@')).toEqual(['200'])
  expect(await found('nothing-has-this')).toEqual([])
})

it('notifies open dashboards of a request that changes no data', async () => {
  await using studio = await startStudio()
  const { body } = await fetch(`${studio.url}/live`)
  if (!body) throw new Error('The stream has no body')
  const versions: string[] = []
  const decoder = new TextDecoder()
  const reader = body.getReader()
  const readUntil = async (count: number) => {
    while (versions.length < count) {
      const { value } = await reader.read()
      versions.push(...(decoder.decode(value).match(/^data: \[.+$/gm) ?? []))
    }
  }
  await readUntil(1)
  await studio.node.customers.list()
  await readUntil(2)
  expect(versions[1]).not.toBe(versions[0])
  await reader.cancel()
})
