import { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import { explainFlowgladError, notFlowglad } from '../explainFlowgladError.ts'
import { type Fields, type PricingModel, parsePricingModel } from './pricingModel.ts'

const summary = z.object({
  pricingModel: z.object({ id: z.string(), name: z.string(), isDefault: z.boolean() }),
})
const withMeters = z.object({
  pricingModel: z.object({
    usageMeters: z.array(
      z.object({
        id: z.string(),
        slug: z.string(),
        prices: z.array(z.object({ id: z.string(), slug: z.string().nullish() })),
      }),
    ),
  }),
})
const modelList = z.object({
  data: z.array(z.object({ id: z.string(), name: z.string() })),
  hasMore: z.boolean(),
  nextCursor: z.string().nullish(),
})
const exported = z.object({ pricingModel: z.unknown() })

export type PricingApi = ReturnType<typeof createPricingApi>

/** Creates a client for Flowglad's pricing models. It doesn't retry. */
export function createPricingApi({ secretKey, baseUrl }: { secretKey: string; baseUrl: string | undefined }) {
  const sdk = new Flowglad({
    apiKey: secretKey,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    logLevel: 'off',
    maxRetries: 0,
    timeout: 60_000,
  })
  /** Parses the answer, and explains errors. `wanted` completes the sentence "Flowglad can't …". */
  async function ask<S extends z.ZodType>(
    schema: S,
    wanted: string,
    request: Promise<unknown>,
  ): Promise<z.output<S>> {
    let answer: unknown
    try {
      answer = await request
    } catch (error) {
      throw explainFlowgladError(error, { url: sdk.baseURL, wanted })
    }
    const parsed = schema.safeParse(answer)
    if (parsed.success) return parsed.data
    throw notFlowglad(sdk.baseURL)
  }

  return {
    url: sdk.baseURL,

    /** Returns the default pricing model of the secret key's account. */
    async defaultModel() {
      const { pricingModel } = await ask(
        summary,
        'read the pricing model',
        sdk.get('/api/v1/pricing-models/default'),
      )
      return pricingModel
    },

    /** Returns the account's pricing model with this name, or null. */
    async modelNamed(name: string) {
      for (let cursor: string | null = null; ; ) {
        const page: z.output<typeof modelList> = await ask(
          modelList,
          'list the pricing models',
          sdk.get('/api/v1/pricing-models', {
            query: { limit: 100, ...(cursor === null ? {} : { cursor }) },
          }),
        )
        const found = page.data.find((model) => model.name === name)
        if (found || !page.hasMore) return found ?? null
        cursor = page.nextCursor ?? null
        if (cursor === null) return null
      }
    },

    /** Creates a pricing model in one step, and makes it the default. */
    async create(model: PricingModel) {
      const body = { isDefault: true, ...model }
      const { pricingModel } = await ask(
        summary,
        'create the pricing model',
        sdk.post('/api/v1/pricing-models/setup', { body }),
      )
      return pricingModel
    },

    /** Returns the model with all its active parts. */
    async read(id: string): Promise<PricingModel> {
      const { pricingModel } = await ask(
        exported,
        'export the pricing model',
        sdk.get(`/api/v1/pricing-models/${encodeURIComponent(id)}/export`),
      )
      return parsePricingModel(pricingModel)
    },

    /** Returns the IDs of the default model's meters and of their active prices, by slug. */
    async meterIds() {
      const { pricingModel } = await ask(
        withMeters,
        'read the usage meters',
        sdk.get('/api/v1/pricing-models/default'),
      )
      return new Map(
        pricingModel.usageMeters.map(({ id, slug, prices }) => [
          slug,
          { id, prices: new Map(prices.map((price) => [price.slug ?? '', price.id])) },
        ]),
      )
    },

    /** Creates a meter. Flowglad also creates the meter's price of 0 for unlimited usage. */
    async createMeter(usageMeter: Fields) {
      const body = { usageMeter }
      await ask(
        z.unknown(),
        `create the usage meter ${usageMeter.slug}`,
        sdk.post('/api/v1/usage-meters', { body }),
      )
    },

    async createPrice(price: Fields) {
      const body = { price }
      await ask(z.unknown(), `create the price ${price.slug}`, sdk.post('/api/v1/prices', { body }))
    },

    async updatePrice(id: string, price: Fields) {
      const body = { price: { ...price, id } }
      await ask(z.unknown(), `change the price ${price.slug}`, sdk.put(`/api/v1/prices/${id}`, { body }))
    },

    /** Changes the whole model in one step. Archives parts that the model doesn't contain. */
    async update({ id, isDefault }: { id: string; isDefault: boolean }, model: PricingModel) {
      const body = { pricingModel: { id, isDefault, ...model } }
      await ask(
        z.unknown(),
        'change the pricing model',
        sdk.put(`/api/v1/pricing-models/${encodeURIComponent(id)}`, { body }),
      )
    },
  }
}
