import { isDeepStrictEqual } from 'node:util'
import { CommandError } from '../command.ts'
import { type Change, type Comparison, comparePricing } from './comparePricing.ts'
import { nameOf } from './describeComparison.ts'
import type { PricingApi } from './pricingApi.ts'
import type { PricingModel } from './pricingModel.ts'
import type { PricingFile } from './readPricingFile.ts'

/**
 * Makes the changes of a comparison at Flowglad, and no other changes. After each step, compares the file
 * with the pricing model again. An interrupted push can be repeated. First creates the new meters and the
 * meters' new prices one by one. Then changes the rest of the pricing model in one step. If this step
 * contained the meters, Flowglad would create no `<meter>_no_charge` price for a new meter, and would reject
 * a new default price.
 * @throws CommandError if the pricing model has changed since it was compared
 */
export async function pushPricing(
  api: PricingApi,
  file: Pick<PricingFile, 'model' | 'given'>,
  model: { id: string; isDefault: boolean },
  shown: { remote: PricingModel; comparison: Comparison },
): Promise<void> {
  let { remote, comparison } = shown
  /** Compares the file with the pricing model again after a step of this push. */
  const compareAgain = async () => {
    remote = await api.read(model.id)
    comparison = comparePricing(file, remote)
    const isShown = (change: Change) => shown.comparison.changes.some((it) => contains(it, change))
    if (comparison.problems.length > 0 || !comparison.changes.every(isShown)) throw changed()
  }

  const newMeters = comparison.changes.flatMap(({ action, part }) =>
    action === 'create' && part.kind === 'usage meter'
      ? comparison.merged.usageMeters.filter(({ usageMeter }) => usageMeter.slug === part.slug)
      : [],
  )
  for (const { usageMeter } of newMeters) await api.createMeter(usageMeter)
  if (newMeters.length > 0) await compareAgain()

  if (await pushUsagePrices(api, comparison)) await compareAgain()

  if (comparison.changes.length > 0) {
    // Flowglad archives parts that the request lacks, so the request must contain the newest parts.
    if (!isSame(await api.read(model.id), remote)) throw changed()
    await api.update(model, comparison.merged)
  }
  const { changes } = comparePricing(file, await api.read(model.id))
  if (changes.length === 0) return
  throw new CommandError(
    `Flowglad accepted the changes, but still differs: ${changes.map(({ part }) => nameOf(part)).join(', ')}. If a feature or resource was archived at Flowglad, activate it there.`,
  )
}

/**
 * Creates meters' new prices, and changes the names and the default of their existing prices. Returns whether
 * the comparison contains changes to meters' prices.
 */
async function pushUsagePrices(api: PricingApi, { changes, merged }: Comparison): Promise<boolean> {
  const isOfMeter = ({ part }: Change) =>
    part.kind === 'price' && merged.usageMeters.some(({ usageMeter }) => usageMeter.slug === part.of)
  const wanted = changes.filter(isOfMeter)
  if (wanted.length === 0) return false
  const ids = await api.meterIds()
  for (const { action, part, replaces } of wanted) {
    const meter = ids.get(part.of ?? '')
    const price = merged.usageMeters
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
  return true
}

const changed = () =>
  new CommandError('The pricing model has changed since it was compared. Run the command again.')

/** Returns whether the change contains only differences that were shown. */
const contains = (shown: Change, { action, part, fields }: Change) =>
  shown.action === action &&
  isDeepStrictEqual(shown.part, part) &&
  fields.every((field) => shown.fields.some((it) => isSame(it, field)))

/** Compares two values. Ignores the order of lists, because Flowglad doesn't define it. */
const isSame = (a: object, b: object) => isDeepStrictEqual(sorted(a), sorted(b))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => JSON.stringify(sorted(entry))).sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([name, field]) => JSON.stringify([name, sorted(field)]))
    .sort()
}
