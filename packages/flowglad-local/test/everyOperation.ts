import { Flowglad } from '@flowglad/node'
import { operations } from './operations.ts'
import { cards, pay, type startStudio } from './studio.ts'

type Operation = (typeof operations)[number]
type Studio = Awaited<ReturnType<typeof startStudio>>
type Identified = { id: string }

/** Each operation's path as a regular expression. Fixed paths come before paths with parameters. */
const patterns = [...operations]
  .sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')))
  .map((operation) => ({
    operation,
    pattern: new RegExp(`^${operation.replace(' ', ' /api/v1').replaceAll(/:\w+/g, '[^/]+')}$`),
  }))

const findOperation = (call: string) => patterns.find(({ pattern }) => pattern.test(call))?.operation

/** Creates an SDK client that stores each operation's successful responses. */
function createRecorder({ url, key }: { url: string; key: string }) {
  const answers = new Map<Operation, unknown[]>()
  const node = new Flowglad({
    baseURL: url,
    apiKey: key,
    maxRetries: 0,
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      const { pathname } = new URL(input instanceof Request ? input.url : input)
      const operation = findOperation(`${init?.method?.toUpperCase() ?? 'GET'} ${pathname}`)
      if (operation && response.ok)
        answers.set(operation, [...(answers.get(operation) ?? []), await response.clone().json()])
      return response
    },
  })
  return { node, answers }
}

/**
 * Calls every operation and returns each operation's successful responses.
 * @param options.url the URL to call; default: the studio's URL
 * @param options.onPaid called with the ID of each checkout session that was paid in the browser
 */
export async function callEveryOperation(
  studio: Studio,
  {
    url = studio.url,
    onPaid = async () => {},
  }: { url?: string; onPaid?: (id: string) => Promise<unknown> } = {},
) {
  const { node, answers } = createRecorder({ url, key: studio.key })
  const path = (suffix: string) => `/api/v1${suffix}`
  await manageCatalog(node, path)
  await buy(node, path, studio, onPaid)
  await subscribe(node, path, studio)
  // Reading an API key always fails.
  await node.get(path('/api-keys/key')).catch(() => {})
  for (const list of operations.filter((o) => /^GET \/[^/]+$/.test(o))) await node.get(path(list.slice(4)))
  return answers
}

type Path = (suffix: string) => string

/** Calls the operations on pricing models, products, prices, meters, features, resources and webhooks. */
async function manageCatalog(node: Flowglad, path: Path): Promise<void> {
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const pricingModelId = pricingModel.id
  await node.pricingModels.retrieve(pricingModelId)
  await node.get(path(`/pricing-models/${pricingModelId}/export`))
  await node.pricingModels.clone(pricingModelId, { name: 'Copy' })
  await node.pricingModels.create({ pricingModel: { name: 'Empty' } })
  await node.pricingModels.update(pricingModelId, { pricingModel: { id: pricingModelId, name: 'Studio' } })
  await node.post(path('/pricing-models/setup'), {
    body: { name: 'Set up', isDefault: false, features: [], products: [], usageMeters: [] },
  })

  const { usageMeter } = await node.usageMeters.create({
    usageMeter: { name: 'Scripts', slug: 'scripts', pricingModelId },
  })
  await node.usageMeters.retrieve(usageMeter.id)
  await node.usageMeters.update(usageMeter.id, { usageMeter: { id: usageMeter.id, name: 'Screenplays' } })

  const { resource } = await node.resources.create({
    resource: { name: 'Rooms', slug: 'rooms', pricingModelId },
  })
  await node.resources.retrieve(resource.id)
  await node.resources.update(resource.id, { resource: { id: resource.id, name: 'Studios' } })

  for (const kind of [
    { type: 'toggle', slug: 'subtitles' },
    { type: 'resource', slug: 'three_rooms', resourceId: resource.id, amount: 3 },
    {
      type: 'usage_credit_grant',
      slug: 'nine_scripts',
      usageMeterId: usageMeter.id,
      amount: 9,
      renewalFrequency: 'once',
    },
  ]) {
    const feature = { name: 'Feature', description: '', pricingModelId, ...kind }
    const { id } = (await node.post<{ feature: Identified }>(path('/features'), { body: { feature } }))
      .feature
    await node.get(path(`/features/${id}`))
    await node.put(path(`/features/${id}`), { body: { feature: { id, ...kind, name: 'Renamed' } } })
  }

  const renewing = { type: 'subscription', intervalUnit: 'month', intervalCount: 1, isDefault: true } as const
  const { product } = await node.products.create({
    product: { name: 'Writer', slug: 'writer', active: true, pricingModelId },
    price: { ...renewing, slug: 'writer_price', unitPrice: 700 },
  })
  await node.products.retrieve(product.id)
  await node.products.update(product.id, { product: { id: product.id, name: 'Author', active: true } })
  const { price } = await node.prices.create({
    price: { ...renewing, productId: product.id, slug: 'writer_2027', unitPrice: 900 },
  })
  await node.get(path(`/prices/${price.id}`))
  await node.prices.update(price.id, {
    price: { id: price.id, type: 'subscription', isDefault: true, active: true },
  })

  const toggle = pricingModel.products.flatMap((p) => p.features).find(({ type }) => type === 'toggle')
  const { productFeature } = await node.post<{ productFeature: Identified }>(path('/product-features'), {
    body: { productFeature: { productId: product.id, featureId: toggle?.id } },
  })
  await node.get(path(`/product-features/${productFeature.id}`))
  await node.post(path(`/product-features/${productFeature.id}/expire`), { body: {} })

  const { webhook } = await node.post<{ webhook: Identified }>(path('/webhooks'), {
    body: {
      webhook: {
        name: 'App',
        url: 'http://127.0.0.1:1/hook',
        filterTypes: [],
        active: false,
        pricingModelId,
      },
    },
  })
  await node.get(path(`/webhooks/${webhook.id}`))
  await node.put(path(`/webhooks/${webhook.id}`), {
    body: { webhook: { id: webhook.id, url: 'http://127.0.0.1:1/other', filterTypes: [] } },
  })

  for (const [code, terms] of [
    ['ONCE', { duration: 'once' }],
    ['THREE', { duration: 'number_of_payments', numberOfPayments: 3 }],
    ['ALWAYS', { duration: 'forever' }],
  ] as const) {
    const fields = { name: code, code, amount: 10, amountType: 'percent', ...terms } as const
    const { discount } = await node.discounts.create({ discount: fields })
    await node.discounts.retrieve(discount.id)
    await node.discounts.update(discount.id, { discount: { ...fields, id: discount.id, amount: 20 } })
  }
}

/** Calls the operations on customers, checkouts, purchases, payments, invoices and usage. */
async function buy(
  node: Flowglad,
  path: Path,
  studio: Studio,
  onPaid: (id: string) => Promise<unknown>,
): Promise<void> {
  for (const externalId of ['ada', 'bob', 'eve'])
    await node.customers.create({
      customer: { externalId, name: externalId, email: `${externalId}@studio.example` },
    })
  await node.customers.retrieve('ada')
  await node.customers.update('ada', { customer: { name: 'Ada L.' } })
  await node.post(path('/customers/eve/archive'), { body: {} })

  const plan = await studio.plan('ada')
  const urls = { successUrl: 'http://127.0.0.1/thanks', cancelUrl: 'http://127.0.0.1/back' }
  for (const kind of [
    { type: 'add_payment_method' },
    { type: 'activate_subscription', priceId: plan.priceId ?? '', targetSubscriptionId: plan.id },
    { type: 'product', priceSlug: 'render_pack' },
    { type: 'product', priceSlug: 'team_price' },
  ] as const) {
    const { checkoutSession, url } = await node.checkoutSessions.create({
      checkoutSession: { customerExternalId: 'ada', ...urls, ...kind },
    })
    await node.checkoutSessions.retrieve(checkoutSession.id)
    if (kind.type === 'activate_subscription') continue
    await pay(url, cards.pays)
    await onPaid(checkoutSession.id)
  }

  const billing = await node.customers.retrieveBilling('ada')
  for (const { id } of billing.purchases ?? []) await node.get(path(`/purchases/${id}`))
  for (const { id } of billing.paymentMethods) await node.paymentMethods.retrieve(id)
  for (const { invoice } of billing.invoices) {
    const { invoiceLineItems } = await node.invoices.retrieve(invoice.id)
    for (const { id } of invoiceLineItems) await node.invoiceLineItems.retrieve(id)
  }
  for (const [index, { id }] of (await node.payments.list({})).data.entries()) {
    await node.payments.retrieve(id)
    await node.payments.refund(id, index === 0 ? {} : { partialAmount: 1 })
  }

  const { id: subscriptionId } = await studio.plan('ada')
  const usage = { subscriptionId, amount: 3, usageMeterSlug: 'render' }
  const { usageEvent } = await node.usageEvents.create({ usageEvent: { ...usage, transactionId: 'a' } })
  await node.usageEvents.retrieve(usageEvent.id)
  await node.post(path('/usage-events/bulk'), {
    body: { usageEvents: [{ ...usage, transactionId: 'b', properties: { scene: 4 } }] },
  })
  await node.get(path('/customers/ada/usage-balances'))
}

/** Calls the operations on subscriptions, their features and their resource claims. */
async function subscribe(node: Flowglad, path: Path, studio: Studio): Promise<void> {
  const { id } = await studio.plan('ada')
  await node.subscriptions.retrieve(id)

  const claimed = await node.resourceClaims.claim(id, { resourceSlug: 'seats', externalIds: ['bea'] })
  await node.resourceClaims.claim(id, { resourceSlug: 'seats', quantity: 1, metadata: { row: 2 } })
  await node.resourceClaims.retrieveUsage(id, { resourceSlug: 'seats' })
  await node.resourceClaims.listUsages(id, {})
  await node.get(path(`/resource-claims/${id}/claims`))
  await node.resourceClaims.release(id, { resourceSlug: 'seats', claimIds: claimed.claims.map((c) => c.id) })

  const plan = await studio.plan('ada')
  const { pricingModel } = await node.pricingModels.retrieveDefault()
  const features = pricingModel.products.flatMap((product) => product.features)
  const grant = features.find(({ slug }) => slug === 'agency_render')
  const added = await node.post<{ subscriptionItemFeature: Identified }>(
    path('/subscription-item-features'),
    {
      body: {
        subscriptionItemFeature: {
          type: 'usage_credit_grant',
          subscriptionItemId: plan.subscriptionItems[0]?.id,
          featureId: grant?.id,
          usageMeterId: grant?.type === 'usage_credit_grant' ? grant.usageMeterId : '',
          amount: 5,
          renewalFrequency: 'once',
          name: '',
          slug: '',
        },
      },
    },
  )
  for (const item of plan.experimental?.featureItems ?? [])
    await node.get(path(`/subscription-item-features/${item.id}`))
  const { id: featureId } = added.subscriptionItemFeature
  await node.put(path(`/subscription-item-features/${featureId}`), {
    body: { subscriptionItemFeature: { ...added.subscriptionItemFeature, amount: 6 } },
  })

  await node.post(path(`/subscriptions/${id}/add-feature`), { body: { featureSlug: 'agency_render' } })

  const later = { timing: 'at_end_of_current_billing_period' } as const
  const adjustment = { ...later, newSubscriptionItems: [{ priceSlug: 'weekly_price' }] }
  await node.post(path(`/subscriptions/${id}/preview-adjust`), { body: { adjustment } })
  await node.subscriptions.adjust(id, { adjustment })
  await node.post(path(`/subscriptions/${id}/cancel-scheduled-adjustment`), { body: {} })
  await node.subscriptions.adjust(id, {
    adjustment: { timing: 'auto', newSubscriptionItems: [{ priceSlug: 'agency_price' }] },
  })
  await node.subscriptions.cancel(id, { cancellation: later })
  await node.subscriptions.uncancel(id, { body: {} })
  await node.subscriptions.cancel(id, { cancellation: { timing: 'immediately' } })
  await node.customers.retrieveBilling('ada')
  await node.subscriptions.create({ customerExternalId: 'bob', priceSlug: 'trial_price' })
}
