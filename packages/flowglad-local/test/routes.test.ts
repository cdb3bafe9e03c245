import { expect, it, vi } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'

/*
 * The routes that the platform generates: five for each resource, even if its router lacks some of the
 * procedures.
 */
const actions = [
  ['list', 'GET', ''],
  ['create', 'POST', ''],
  ['get', 'GET', '/x'],
  ['update', 'PUT', '/x'],
  ['delete', 'DELETE', '/x'],
] as const
const resources: Record<string, string> = {
  customers: 'customers',
  subscriptions: 'subscriptions',
  'checkout-sessions': 'checkoutSessions',
  prices: 'prices',
  invoices: 'invoices',
  'invoice-line-items': 'invoiceLineItems',
  'payment-methods': 'paymentMethods',
  payments: 'payments',
  purchases: 'purchases',
  'pricing-models': 'pricingModels',
  'usage-meters': 'usageMeters',
  'usage-events': 'usageEvents',
  webhooks: 'webhooks',
  features: 'features',
  'product-features': 'productFeatures',
  resources: 'resources',
  'api-keys': 'apiKeys',
  'subscription-item-features': 'subscriptionItemFeatures',
}
const otherRoutes: [method: string, path: string, procedure: string][] = [
  ...['discounts', 'products'].flatMap((resource) =>
    actions
      .filter(([action]) => action !== 'delete')
      .map(([action, method, suffix]): [string, string, string] => [
        method,
        `/${resource}${suffix}`,
        `${resource}.${action}`,
      ]),
  ),
  ['GET', '/utils/ping', 'utils.ping'],
  ['POST', '/customers/x/archive', 'customers.archive'],
  ['GET', '/customers/x/billing', 'customers.getBilling'],
  ['GET', '/customers/x/usage-balances', 'customers.getUsageBalances'],
  ['POST', '/subscriptions/x/adjust', 'subscriptions.adjust'],
  ['POST', '/subscriptions/x/preview-adjust', 'subscriptions.previewAdjust'],
  ['POST', '/subscriptions/x/cancel', 'subscriptions.cancel'],
  ['POST', '/subscriptions/x/uncancel', 'subscriptions.uncancel'],
  ['POST', '/subscriptions/x/cancel-scheduled-adjustment', 'subscriptions.cancelScheduledAdjustment'],
  ['POST', '/subscriptions/x/add-feature', 'subscriptions.addFeatureToSubscription'],
  ['POST', '/payments/x/refund', 'payments.refund'],
  ['GET', '/pricing-models/default', 'pricingModels.getDefault'],
  ['POST', '/pricing-models/setup', 'pricingModels.setup'],
  ['GET', '/pricing-models/x/export', 'pricingModels.export'],
  ['POST', '/pricing-models/x/clone', 'pricingModels.clone'],
  ['POST', '/usage-events/bulk', 'usageEvents.bulkInsert'],
  ['POST', '/product-features/x/expire', 'productFeatures.expire'],
  ['POST', '/resource-claims/x/claim', 'resourceClaims.claim'],
  ['POST', '/resource-claims/x/release', 'resourceClaims.release'],
  ['GET', '/resource-claims/x/usage', 'resourceClaims.getUsage'],
  ['GET', '/resource-claims/x/usages', 'resourceClaims.listResourceUsages'],
  ['GET', '/resource-claims/x/claims', 'resourceClaims.listClaims'],
  ['POST', '/subscription-item-features/x/expire', 'subscriptionItemFeatures.expire'],
]
const generatedRoutes = [
  ...Object.entries(resources).flatMap(([path, router]) =>
    actions.map(([action, method, suffix]): [string, string, string] => [
      method,
      `/${path}${suffix}`,
      `${router}.${action}`,
    ]),
  ),
  ...otherRoutes,
]

/** The generated routes whose procedure doesn't exist. */
const withoutProcedure = new Set([
  ...Object.entries(resources).flatMap(([path, router]) => (path === 'api-keys' ? [] : [`${router}.delete`])),
  ...['invoices', 'invoiceLineItems', 'paymentMethods', 'payments', 'purchases'].flatMap((router) => [
    `${router}.create`,
    `${router}.update`,
  ]),
  'purchases.list',
  'subscriptions.update',
  'usageEvents.update',
  'webhooks.list',
  'productFeatures.update',
  'apiKeys.list',
  'apiKeys.update',
  'subscriptionItemFeatures.list',
  'subscriptionItemFeatures.expire',
])

const shared = sharedStudio()

const send = (
  { url, key }: { url: string; key: string },
  method: string,
  path: string,
  { type = 'application/json', body = '{}' }: { type?: string | null; body?: string } = {},
) =>
  fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: key, ...(type !== null && { 'content-type': type }) },
    ...((method === 'POST' || method === 'PUT') && { body }),
  })

it.each(generatedRoutes)(
  'returns JSON from the generated route %s %s (%s)',
  async (method, path, procedure) => {
    const answer = await send(shared(), method, path)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    const body: unknown = await answer.json()
    const missing = `No procedure found on path "${procedure}"`
    if (withoutProcedure.has(procedure))
      expect([answer.status, body]).toEqual([
        404,
        { error: missing, code: 'NOT_FOUND', request_id: expect.stringMatching(/^[0-9a-f]{8}$/) },
      ])
    else expect(body).not.toMatchObject({ error: missing })
  },
)

it.each([
  ['GET', '/nothing'],
  ['PATCH', '/customers/x'],
  ['DELETE', '/products/x'],
  ['DELETE', '/discounts/x'],
  ['GET', '/customers/x/nothing'],
  ['GET', '/resource-claims'],
  ['POST', '/api-keys/x'],
  // The platform has renamed catalogs to pricing models, but the SDK still has methods for these routes.
  ['GET', '/catalogs'],
  ['GET', '/catalogs/default'],
  ['POST', '/catalogs/x/clone'],
])('returns a plain "Not Found" from the unknown route %s %s', async (method, path) => {
  const answer = await send(shared(), method, path)
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    404,
    expect.stringMatching(/^text\/plain/),
    'Not Found',
  ])
})

it.each([
  [null, 'Missing content-type header'],
  ['text/plain', 'Unsupported content-type "text/plain'],
])('rejects a deletion with a missing or unsupported content type (%s)', async (type, error) => {
  const answer = await send(shared(), 'DELETE', '/customers/x', { type })
  expect([answer.status, await answer.json()]).toMatchObject([415, { error, code: 'UNSUPPORTED_MEDIA_TYPE' }])
})

const text = 'text/plain;charset=UTF-8'
it.each([
  // Without a content type, `fetch` sends the body as text.
  ['POST', '/customers', null, '{}', 415, `Unsupported content-type "${text}`],
  ['PUT', '/customers/x', 'text/plain', '{}', 415, 'Unsupported content-type "text/plain'],
  ['PUT', '/customers/x', 'Application/JSON', '{}', 415, 'Unsupported content-type "Application/JSON'],
  ['POST', '/subscriptions/x/uncancel', null, '', 415, `Unsupported content-type "${text}`],
  ['POST', '/invoices', 'text', '{}', 415, 'Unsupported content-type "text'],
  [
    'POST',
    '/usage-events/bulk',
    'application/x-www-form-urlencoded',
    '{}',
    415,
    'Unsupported content-type "application/x-www-form-urlencoded',
  ],
  ['POST', '/customers', 'multipart/form-data; boundary=x', '{}', 400, 'Failed to parse body as FormData.'],
])('rejects the content type of %s %s (%s)', async (method, path, type, body, status, error) => {
  const answer = await send(shared(), method, path, { type, body })
  expect([answer.status, await answer.json()]).toEqual([
    status,
    {
      error,
      code: status === 415 ? 'UNSUPPORTED_MEDIA_TYPE' : 'BAD_REQUEST',
      request_id: expect.stringMatching(/^[0-9a-f]{8}$/),
    },
  ])
})

it.each(['application/json', 'application/json; charset=utf-8', null])(
  'reports invalid JSON regardless of the content type (%s)',
  async (type) => {
    const answer = await send(shared(), 'POST', '/customers', { type, body: 'a=b' })
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { error: 'Invalid JSON in request body' },
    ])
  },
)

it('requires the JSON content type even for a call without a body', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price')
  await studio.node.subscriptions.cancel(id, {
    cancellation: { timing: 'at_end_of_current_billing_period' },
  })
  await expect(studio.node.subscriptions.uncancel(id)).rejects.toMatchObject({
    status: 415,
    error: { error: `Unsupported content-type "${text}` },
  })
  const { status } = await send(studio, 'POST', `/subscriptions/${id}/uncancel`, { body: '' })
  expect(status).toBe(200)
  expect((await studio.node.subscriptions.retrieve(id)).subscription.status).toBe('active')
})

it('prefers query parameters to path parameters of the same name on GET routes', async () => {
  await using studio = await startStudio()
  for (const name of ['ada', 'bob']) await studio.customer(name)
  const { id } = await studio.plan('bob')
  const get = async (path: string) => (await send(studio, 'GET', path)).json()
  expect(await get('/customers/ada?externalId=bob')).toMatchObject({ customer: { externalId: 'bob' } })
  expect(await get('/customers/ada/billing?externalId=bob')).toMatchObject({ subscriptions: [{ id }] })
  expect(await get(`/subscriptions/x?id=${id}&externalId=ada`)).toMatchObject({ subscription: { id } })
  expect(await get('/customers/ada?externalId=bob&externalId=ada')).toMatchObject({
    error: [{ code: 'invalid_type', path: ['externalId'] }],
    code: 'BAD_REQUEST',
  })
  const changed = await send(studio, 'PUT', '/customers/ada?externalId=bob', {
    body: '{"customer":{"name":"Ada"}}',
  })
  expect(await changed.json()).toMatchObject({ customer: { externalId: 'ada' } })
})

it('checks the list parameters and the body before it reports a missing procedure', async () => {
  expect((await send(shared(), 'GET', '/purchases?limit=0')).status).toBe(400)
  expect(await (await send(shared(), 'POST', '/invoices', { body: '{' })).json()).toMatchObject({
    error: 'Invalid JSON in request body',
  })
})

it('rejects calls that manage API keys, as the platform does', async () => {
  const apiKey = { type: 'secret', name: 'other', pricingModelId: 'x' }
  const call = async (method: string, path: string, body?: object) => {
    const answer = await send(shared(), method, path, body && { body: JSON.stringify(body) })
    return [answer.status, ((await answer.json()) as { error: unknown }).error]
  }
  expect(await call('POST', '/api-keys', { apiKey })).toEqual([
    500,
    'Unwrap called on Err: Error: No user found for a non-API key transaction',
  ])
  expect(await call('POST', '/api-keys', { apiKey: { ...apiKey, type: 'publishable' } })).toMatchObject([
    400,
    [{ path: ['apiKey', 'type'] }],
  ])
  expect(await call('GET', '/api-keys/x')).toEqual([
    500,
    'Unwrap called on Err: Panic: Unwrap called on Err: NotFoundError: No api keys found with id: x',
  ])
  expect(await call('DELETE', '/api-keys/x')).toEqual([
    405,
    'Unsupported DELETE-request to mutation procedure at path "apiKeys.delete"',
  ])
})

it('logs only once that a feature is not implemented', async () => {
  await using studio = await startStudio()
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const body = JSON.stringify({ name: 'Live', destinationEnvironment: 'livemode' })
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    for (let attempt = 0; attempt < 2; attempt++)
      expect((await send(studio, 'POST', `/pricing-models/${pricingModel.id}/clone`, { body })).status).toBe(
        501,
      )
    expect(written.mock.calls.map(([text]) => text)).toEqual([
      "flowglad-local: POST /api/v1/pricing-models/:id/clone isn't implemented. flowglad-local has no live mode. Set destinationEnvironment to testmode.\n",
    ])
  } finally {
    written.mockRestore()
  }
})
