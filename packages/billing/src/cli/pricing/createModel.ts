import { CommandError, type Report } from '../command.ts'
import type { PricingApi } from './pricingApi.ts'
import type { PricingModel } from './pricingModel.ts'

/**
 * Creates a new pricing model from the file. Without `yes`, reports what it would create. `key` describes the
 * secret key.
 */
export async function createModel(
  api: PricingApi,
  file: PricingModel,
  { yes, key }: { yes: boolean; key: string },
): Promise<Report> {
  const existing = await api.modelNamed(file.name)
  if (existing)
    throw new CommandError(
      `Flowglad already has a pricing model "${file.name}" (${existing.id}). Set FLOWGLAD_SECRET_KEY to a key of this model, and run the command without --create.`,
    )
  const { name, products, usageMeters, features, resources } = file
  const counts = [
    `${usageMeters.length} usage meters`,
    `${features.length} features`,
    `${products.length} products`,
    ...(resources.length > 0 ? [`${resources.length} resources`] : []),
  ].join(', ')
  if (!yes) {
    const text = `Would create the pricing model "${name}" at ${api.url}, with ${key}.
It would have ${counts}, and be the default.
Nothing was changed. To create it, run the command again with --yes.
`
    return { text, json: { pricingModel: null, applied: false } }
  }
  const pricingModel = await api.create(file)
  const text = `Created the pricing model "${name}" (${pricingModel.id}) at ${api.url}, with ${key}.
It has ${counts}, and is the default.
Next: in Flowglad's dashboard, create a secret key for this pricing model. A key works only for its own model.
`
  return { text, json: { pricingModel, applied: true } }
}
