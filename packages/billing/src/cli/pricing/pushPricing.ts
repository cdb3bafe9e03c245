import { CommandError } from '../command.ts'
import { comparePricing } from './comparePricing.ts'
import { nameOf } from './describeComparison.ts'
import type { PricingApi } from './pricingApi.ts'
import type { PricingFile } from './readPricingFile.ts'

/**
 * Makes the changes at Flowglad. Each step compares again, so an interrupted push can be repeated. Flowglad changes a
 * whole pricing model in one step. Before that, this function creates the new meters and the new prices of meters one
 * by one, because that step creates no `<meter>_no_charge` price for a new meter, and rejects a new default price.
 */
export async function pushPricing(
  api: PricingApi,
  file: Pick<PricingFile, 'model' | 'given'>,
  model: { id: string; isDefault: boolean },
): Promise<void> {
  const compare = async () => comparePricing(file, await api.read(model.id))

  let comparison = await compare()
  for (const { action, part } of comparison.changes) {
    if (action !== 'create' || part.kind !== 'usage meter') continue
    const meter = comparison.merged.usageMeters.find(({ usageMeter }) => usageMeter.slug === part.slug)
    if (meter) await api.createMeter(meter.usageMeter)
  }

  comparison = await compare()
  const ids = await api.meterIds()
  for (const { action, part, replaces } of comparison.changes) {
    const meter = part.kind === 'price' && part.of !== undefined ? ids.get(part.of) : undefined
    const price = comparison.merged.usageMeters
      .find(({ usageMeter }) => usageMeter.slug === part.of)
      ?.prices.find(({ slug }) => slug === part.slug)
    if (!meter || !price) continue
    const id = meter.prices.get(part.slug)
    if (action === 'create') await api.createPrice({ ...price, usageMeterId: meter.id })
    else if (id !== undefined && (!replaces || price.isDefault === true)) {
      const { type, name, slug, isDefault } = price
      await api.updatePrice(id, { type, name, slug, isDefault })
    }
  }

  comparison = await compare()
  if (comparison.changes.length > 0) await api.update(model, comparison.merged)
  const { changes } = await compare()
  if (changes.length === 0) return
  throw new CommandError(
    `Flowglad accepted the changes, but these parts still differ: ${changes.map(({ part }) => nameOf(part)).join(', ')}. If Flowglad has archived a feature or resource, activate it there.`,
  )
}
