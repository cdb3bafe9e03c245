import { startStudio } from './studio.ts'

type Body = Record<string, unknown>

/** Starts a studio for catalog tests, with calls that bypass the SDK and lookups by slug. */
export async function startCatalog() {
  const studio = await startStudio()
  const call = async (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => {
    const answer = await fetch(`${studio.url}/api/v1${path}`, {
      method,
      headers: { authorization: studio.key, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const { request_id: _, ...rest }: Body = JSON.parse(await answer.text())
    return { status: answer.status, ...rest }
  }
  const { pricingModel } = await studio.node.pricingModels.retrieveDefault()
  const find = <Record extends { slug: string | null }>(records: Record[], slug: string): Record => {
    const record = records.find((r) => r.slug === slug)
    if (!record) throw new Error(`There is no ${slug}`)
    return record
  }
  return {
    ...studio,
    call,
    pricingModelId: pricingModel.id,
    /** Returns a product as it was before the test's changes. */
    product: (slug: string) => find(pricingModel.products, slug),
    meter: (slug: string) => find(pricingModel.usageMeters, slug),
    feature: (slug: string) =>
      find(
        pricingModel.products.flatMap(({ features }) => features),
        slug,
      ),
    /** Returns all of the product's prices, including archived prices. */
    async prices(productId: string) {
      const { prices } = await studio.node.products.retrieve(productId)
      return prices.map(({ slug, unitPrice, active, isDefault }) => ({ slug, unitPrice, active, isDefault }))
    },
  }
}

export const badRequest = (error: string) => ({ status: 400, code: 'BAD_REQUEST', error })
export const forbidden = (error: string) => ({ status: 403, code: 'FORBIDDEN', error })
export const notFound = (error: string) => ({ status: 404, code: 'NOT_FOUND', error })
export const conflict = (error: string) => ({ status: 409, code: 'CONFLICT', error })
export const failed = (error: unknown) => ({ status: 500, code: 'INTERNAL_SERVER_ERROR', error })
export const unexpected = failed('An unexpected error occurred. Please try again.')
export const unable = (verb: string) =>
  failed(`Unable to ${verb}. Please try again or contact support if the problem persists.`)

/** The fields of a request for a monthly price of $10. */
export const aPrice = (fields: object) => ({
  type: 'subscription',
  intervalUnit: 'month',
  intervalCount: 1,
  isDefault: true,
  unitPrice: 1000,
  ...fields,
})
