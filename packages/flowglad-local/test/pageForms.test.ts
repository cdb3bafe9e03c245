import { expect, it } from 'vitest'
import { sharedStudio, startStudio } from './studio.ts'

const shared = sharedStudio()

/** Returns every path that accepts a form. */
async function formsOf(studio: ReturnType<typeof shared>): Promise<string[]> {
  await studio.customer('ada')
  await studio.subscribe('ada', 'team_price')
  const { checkoutSession } = await studio.node.checkoutSessions.create({
    checkoutSession: {
      type: 'add_payment_method',
      customerExternalId: 'ada',
      successUrl: studio.url,
      cancelUrl: studio.url,
    },
  })
  const { customer } = await studio.billing('ada')
  const dashboard = await (await fetch(studio.url)).text()
  const portal = `${/\/billing-portal\/\w+/.exec(dashboard)?.[0]}/ada`
  return [
    `/checkout/${checkoutSession.id}`,
    `/checkout/${checkoutSession.id}/discount`,
    `/add-payment-method/${checkoutSession.id}`,
    `${/\/webhooks\/\w+/.exec(dashboard)?.[0]}/resend`,
    ...['cancel', 'resume', 'keep', 'card'].map((action) => `${portal}/${action}`),
    '/clock',
    ...['grant', 'next-payment'].map((form) => `/customers/${customer.id}/${form}`),
    '/conditions',
    '/demo-customers',
    '/reset',
  ]
}

it('rejects a body without fields on every page and changes nothing', async () => {
  const studio = shared()
  const forms = await formsOf(studio)
  const before = await studio.billing('ada')
  for (const path of forms)
    for (const [type, body] of [
      ['application/json', '"a string"'],
      ['application/json', '["a list"]'],
      ['application/json', '5'],
      ['text/plain', 'text'],
    ] as const) {
      const answer = await fetch(studio.url + path, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
        redirect: 'manual',
      })
      expect([path, body, answer.status, await answer.json()]).toEqual([
        path,
        body,
        400,
        {
          error: 'The body must be a form or a JSON object',
          code: 'BAD_REQUEST',
          request_id: expect.any(String),
        },
      ])
    }
  expect(await studio.billing('ada')).toEqual(before)
})

it('changes nothing if another site sends a form', async () => {
  await using studio = await startStudio()
  const forms = [
    ...(await formsOf(studio)),
    '/__test__/clock/advance',
    '/__test__/conditions',
    '/__test__/keys',
  ]
  const before = await studio.billing('ada')
  for (const foreign of [
    { origin: 'https://attacker.example' },
    // A page in a sandboxed frame has no origin.
    { origin: 'null' },
    { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
  ])
    for (const path of forms) {
      const answer = await fetch(studio.url + path, {
        method: 'POST',
        headers: { ...foreign, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'model=&demo=yes&fails=yes&ms=86400000&fault=down',
        redirect: 'manual',
      })
      expect([path, foreign, answer.status]).toEqual([path, foreign, 403])
    }
  expect(await studio.billing('ada')).toEqual(before)
})

it('prevents other sites from embedding or reading any page', async () => {
  const studio = shared()
  for (const path of ['/', '/reset', '/objects/none', '/requests/none', '/webhooks/none']) {
    const { headers } = await fetch(studio.url + path, { headers: { origin: 'https://attacker.example' } })
    expect([path, Object.fromEntries(headers)]).toEqual([
      path,
      expect.objectContaining({
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      }),
    ])
    expect(headers.has('access-control-allow-origin')).toBe(false)
  }
})

it.each([
  ['no fields', undefined, 'Enter the name on the card.'],
  ['no card', { name: 'Ada', email: 'a@b.example' }, 'Enter a card number.'],
  ['a number as email', { name: 'Ada', email: 5, card: '' }, 'Enter an email address.'],
  [
    'a long name',
    { name: 'x'.repeat(201), email: 'a@b.example', card: '' },
    'Enter a name of at most 200 characters.',
  ],
  [
    'an unknown confirmation',
    { name: 'Ada', email: 'a@b.example', card: '', confirmed: 'maybe' },
    'Confirm or decline the payment.',
  ],
])('explains the mistake in a checkout form with %s', async (_, fields, message) => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { url } = await studio.checkout('ada', 'team_price')
  const answer = await fetch(url, {
    method: 'POST',
    ...(fields && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) }),
  })
  const alert = /role="alert">(.+?)<\/p>/.exec(await answer.text())?.[1]
  expect([answer.status, alert]).toEqual([402, message])
})

it('shows the name of the product if the price of a checkout has no name', async () => {
  await using studio = await startStudio({
    pricing: `
name: Sketch
isDefault: true
usageMeters: []
features: []
products:
  - product: { slug: free, name: Free, default: true }
    price: { type: subscription, slug: free, unitPrice: 0, intervalUnit: month, intervalCount: 1, isDefault: true }
  - product: { slug: pro, name: Professional }
    price: { type: subscription, slug: pro, unitPrice: 900, intervalUnit: month, intervalCount: 1, isDefault: true }
`,
  })
  await studio.customer('ada')
  const { session } = await studio.checkout('ada', 'pro')
  const dashboard = await (await fetch(studio.url)).text()
  expect(dashboard).toContain(`<a href="/checkout/${session.id}">Professional</a>`)
})
