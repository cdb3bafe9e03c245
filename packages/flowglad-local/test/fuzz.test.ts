import fc from 'fast-check'
import { expect, it } from 'vitest'
import { startStudio } from './studio.ts'
import { type Json, validRequests } from './validRequests.ts'

const routes: [string, string][] = [
  ['POST', '/customers'],
  ['PUT', '/customers/ada'],
  ['GET', '/customers/ada/billing'],
  ['GET', '/customers/ada/usage-balances'],
  ['POST', '/usage-events'],
  ['POST', '/usage-events/bulk'],
  ['GET', '/usage-events'],
  ['POST', '/checkout-sessions'],
  ['POST', '/subscriptions'],
  ['POST', '/subscriptions/SUB/adjust'],
  ['POST', '/subscriptions/SUB/preview-adjust'],
  ['POST', '/subscriptions/SUB/cancel'],
  ['POST', '/pricing-models/setup'],
  ['POST', '/pricing-models'],
  ['POST', '/products'],
  ['POST', '/prices'],
  ['POST', '/usage-meters'],
  ['POST', '/features'],
  ['POST', '/resources'],
  ['POST', '/resource-claims/SUB/claim'],
  ['POST', '/resource-claims/SUB/release'],
  ['GET', '/resource-claims/SUB/usages'],
  ['POST', '/payments/pym_none/refund'],
  ['PUT', '/products/x'],
  ['PUT', '/prices/x'],
  ['PUT', '/features/x'],
  ['PUT', '/usage-meters/x'],
  ['PUT', '/pricing-models/x'],
  ['POST', '/pricing-models/x/clone'],
  ['POST', '/product-features'],
  ['POST', '/subscription-item-features'],
  ['PUT', '/subscription-item-features/x'],
  ['POST', '/webhooks'],
  ['GET', '/prices'],
  ['POST', '/discounts'],
]

const words = fc.constantFrom(
  ...[
    'customer',
    'usageEvent',
    'usageEvents',
    'checkoutSession',
    'adjustment',
    'cancellation',
    'externalId',
    'name',
  ],
  ...[
    'email',
    'subscriptionId',
    'transactionId',
    'amount',
    'usageMeterSlug',
    'priceSlug',
    'properties',
    'type',
  ],
  ...[
    'timing',
    'newSubscriptionItems',
    'quantity',
    'successUrl',
    'cancelUrl',
    'product',
    'price',
    'features',
    'slug',
  ],
)
const values = fc.oneof(
  fc.constantFrom(
    'SUB',
    'ada',
    'render',
    'team_price',
    'product',
    'immediately',
    'auto',
    '__proto__',
    '\u0000',
    '',
  ),
  fc.anything({ withNullPrototype: false, withBigInt: false }),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 31 - 1, -1, 1e308, 0.1),
)
const body = fc.oneof(
  fc
    .dictionary(
      words,
      fc.oneof(
        values,
        fc.dictionary(words, values),
        fc.array(fc.dictionary(words, values), { maxLength: 3 }),
      ),
      { maxKeys: 6 },
    )
    .map((b) => JSON.stringify(b)),
  fc.json(),
  fc.string(),
  fc.constantFrom('', '{', 'null', '[]', '"x"', '\uFEFF{}', '{"__proto__":{"x":1}}', '['.repeat(5000)),
)

it("responds in Flowglad's format to every input and keeps the data consistent", async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.plan('ada')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      body,
      fc.webQueryParameters(),
      async ([method, path], sent, query) => {
        const answer = await fetch(`${studio.url}/api/v1${path.replace('SUB', id)}?${query}`, {
          method,
          headers: { authorization: studio.key, 'content-type': 'application/json' },
          ...(method !== 'GET' && { body: sent.replaceAll('SUB', id) }),
        })
        const json = await answer.json()
        if (answer.status === 200) return
        expect([400, 403, 404, 409, 500]).toContain(answer.status)
        expect(json).toMatchObject({
          error: expect.anything(),
          request_id: expect.stringMatching(/^[0-9a-f]{8}$/),
        })
        // These messages indicate a bug in the server.
        expect(JSON.stringify(json)).not.toMatch(
          /TypeError|RangeError|is not a function|Cannot read|undefined is/,
        )
      },
    ),
    { numRuns: 300 },
  )
  const { usageMeterBalances } = await studio.server('ada').getUsageMeterBalances()
  expect(usageMeterBalances.every((row) => Number.isSafeInteger(row.availableBalance))).toBe(true)
})

/** Returns the path of every nested value. */
const placesIn = (value: Json, at: (string | number)[] = []): (string | number)[][] =>
  typeof value !== 'object' || value === null
    ? [at]
    : [
        at,
        ...Object.entries(value).flatMap(([key, inner]) =>
          placesIn(inner, [...at, Array.isArray(value) ? Number(key) : key]),
        ),
      ]

const replaced = (value: Json, [head, ...rest]: (string | number)[], by: unknown): unknown => {
  if (head === undefined) return by
  if (typeof value !== 'object' || value === null) return value
  const copy: { [key: string]: unknown } | unknown[] = Array.isArray(value) ? [...value] : { ...value }
  Object.assign(copy, {
    [head]: replaced(Object.entries(value).find(([key]) => key === String(head))?.[1] ?? null, rest, by),
  })
  return copy
}

it('reports no internal error for a valid request in which one value is replaced', async () => {
  await using studio = await startStudio()
  await studio.customer('ada')
  const { id } = await studio.subscribe('ada', 'team_price', { quantity: 2 })
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const agency = pricingModel.products.find((product) => product.slug === 'agency')
  const names = {
    SUB: id,
    MODEL: pricingModel.id,
    PRODUCT: agency?.id ?? '',
    PRICE: agency?.defaultPrice.id ?? '',
    METER: pricingModel.usageMeters[0]?.id ?? '',
    TOGGLE: agency?.features.find((feature) => feature.type === 'toggle')?.id ?? '',
  }
  const named = (text: string) =>
    Object.entries(names).reduce((sofar, [name, value]) => sofar.replaceAll(name, value), text)
  let fresh = 0
  const bugs: string[] = []
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...validRequests),
      fc.nat(),
      values,
      async ([method, path, request], where, by) => {
        const places = placesIn(request)
        const place = places[where % places.length] ?? []
        const text = JSON.stringify(replaced(request, place, by)) ?? ''
        const answer = await fetch(`${studio.url}/api/v1${named(path)}`, {
          method,
          headers: { authorization: studio.key, 'content-type': 'application/json' },
          body: named(text).replaceAll('NEW', `n${++fresh}`),
        })
        // The platform's errors describe an invalid number as NaN, so this NaN isn't a bug.
        const body = (await answer.text()).replaceAll(/"received":"NaN"|received NaN/g, '')
        if (
          /TypeError|RangeError|is not a function|Cannot read|undefined is|referenced record|has no billing|\bNaN\b/.test(
            body,
          ) &&
          !text.includes('NaN')
        )
          bugs.push(`${path} ${place.join('.')} = ${JSON.stringify(by)}: ${body}`)
        expect([200, 400, 403, 404, 409, 500]).toContain(answer.status)
      },
    ),
    { numRuns: 300 },
  )
  expect(bugs).toEqual([])
})
