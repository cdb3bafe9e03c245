import { isDeepStrictEqual } from 'node:util'
import {
  activeParts,
  type Fields,
  type Meter,
  type Part,
  type Price,
  type PricingModel,
  type Product,
} from './pricingModel.ts'
import type { PricingFile } from './readPricingFile.ts'

/** A part that a push creates or changes. */
export interface Change {
  action: 'create' | 'change'
  part: Part
  fields: { name: string; before: unknown; after: unknown }[]
  /** Whether Flowglad replaces the price. Existing subscriptions keep the old price. */
  replaces?: true
}

type Path = (string | number)[]

/** Returns the path with the part's slug replaced by the part's position in the file. */
function pathIn(file: PricingModel, [list, slug, ...rest]: Path): Path {
  const slugs: Record<string, string[]> = {
    features: file.features.map((it) => it.slug),
    products: file.products.map(({ product }) => product.slug),
    usageMeters: file.usageMeters.map(({ usageMeter }) => usageMeter.slug),
  }
  const index = slugs[list ?? '']?.indexOf(String(slug)) ?? -1
  return index < 0 ? [list ?? ''] : [list ?? '', index, ...rest]
}

/** The difference between a pricing file and Flowglad's pricing model. */
export interface Comparison {
  changes: Change[]
  /** Active parts that only Flowglad has. A push doesn't change these parts. */
  untouched: Part[]
  /** Differences that Flowglad can't remove. */
  problems: { path: Path; message: string }[]
  /** Flowglad's pricing model with the changes. */
  merged: PricingModel
}

const instead = 'To create a new pricing model from the file instead, add --create'

/**
 * The fields that determine what a price costs. Flowglad can't change these fields, so it replaces the price.
 */
const terms = ['type', 'unitPrice', 'intervalUnit', 'intervalCount', 'trialPeriodDays', 'usageEventsPerUnit']

/**
 * Compares a pricing file with Flowglad's pricing model. Matches parts by their slugs. A field that the file
 * omits keeps Flowglad's value. New parts get the defaults of `model`.
 */
export function comparePricing(
  { model: file, given }: Pick<PricingFile, 'model' | 'given'>,
  remote: PricingModel,
): Comparison {
  const comparing = new Comparing(activeParts(given).active, activeParts(file).active, remote)
  const comparison = comparing.run()
  // The comparison contains only active parts, so their positions can differ from those in the file.
  const problems = comparison.problems.map(({ path, message }) => ({ path: pathIn(file, path), message }))
  return { ...comparison, problems }
}

class Comparing {
  readonly #changes: Change[] = []
  readonly #untouched: Part[] = []
  readonly #problems: Comparison['problems'] = []
  readonly #file: PricingModel
  readonly #complete: PricingModel
  readonly #remote: PricingModel

  /**
   * @param file the parts in the file, with only the fields that the file contains
   * @param complete the same parts, with defaults for the other fields
   */
  constructor(file: PricingModel, complete: PricingModel, remote: PricingModel) {
    this.#file = file
    this.#complete = complete
    this.#remote = remote
  }

  run(): Comparison {
    const [file, complete, remote] = [this.#file, this.#complete, this.#remote]
    this.#compareFields(
      { kind: 'pricing model', slug: remote.name },
      { name: remote.name },
      { name: file.name },
    )
    const merged = {
      name: file.name,
      usageMeters: this.#merge(remote.usageMeters, file.usageMeters, complete.usageMeters, {
        slugOf: ({ usageMeter }) => usageMeter.slug,
        part: (slug) => ({ kind: 'usage meter', slug }),
        fieldsOf: ({ usageMeter }) => usageMeter,
        path: 'usageMeters',
        merge: (before, after, path, full) => this.#mergeMeter(before, after, path, full),
      }),
      resources: this.#merge(remote.resources, file.resources, complete.resources, {
        slugOf: ({ slug }) => slug,
        part: (slug) => ({ kind: 'resource', slug }),
        fieldsOf: (it) => it,
        path: 'resources',
        merge: (before, after) => ({ ...before, ...after }),
      }),
      features: this.#merge(remote.features, file.features, complete.features, {
        slugOf: ({ slug }) => slug,
        part: (slug) => ({ kind: 'feature', slug }),
        fieldsOf: (it) => it,
        path: 'features',
        merge: (before, after, path) => {
          if (before && before.type !== after.type)
            this.#problems.push({
              path: [...path, 'type'],
              message: `Flowglad can't change the type of the feature ${after.slug} from ${before.type} to ${after.type}. Choose another slug`,
            })
          return { ...before, ...after }
        },
      }),
      products: this.#merge(remote.products, file.products, complete.products, {
        slugOf: ({ product }) => product.slug,
        part: (slug) => ({ kind: 'product', slug }),
        fieldsOf: ({ product }) => product,
        path: 'products',
        merge: (before, after, path) => this.#mergeProduct(before, after, path),
      }),
    }
    this.#checkDefaultProduct()
    return { changes: this.#changes, untouched: this.#untouched, problems: this.#problems, merged }
  }

  /** Merges two lists by slug. Reports the new, changed and remote-only parts. */
  #merge<Entry>(
    remote: Entry[],
    file: Entry[],
    complete: Entry[],
    {
      slugOf,
      part,
      fieldsOf,
      path,
      merge,
    }: {
      slugOf: (entry: Entry) => string
      part: (slug: string) => Part
      fieldsOf: (entry: Entry) => Fields
      path: string
      merge: (before: Entry | undefined, after: Entry, path: Path, complete: Entry) => Entry
    },
  ): Entry[] {
    const wanted = new Map(
      file.map((entry, i) => [
        slugOf(entry),
        { entry, path: [path, slugOf(entry)], full: complete[i] ?? entry },
      ]),
    )
    const merged: Entry[] = []
    for (const before of remote) {
      const slug = slugOf(before)
      const found = wanted.get(slug)
      wanted.delete(slug)
      if (found) {
        this.#compareFields(part(slug), fieldsOf(before), fieldsOf(found.entry))
        merged.push(merge(before, found.entry, found.path, found.full))
      } else {
        if (fieldsOf(before).active !== false) this.#untouched.push(part(slug))
        merged.push(before)
      }
    }
    for (const [slug, { full, path: place }] of wanted) {
      this.#changes.push({ action: 'create', part: part(slug), fields: [] })
      merged.push(merge(undefined, full, place, full))
    }
    return merged
  }

  #mergeMeter(before: Meter | undefined, after: Meter, path: Path, complete: Meter): Meter {
    const meter = after.usageMeter.slug
    const part = (slug: string): Part => ({ kind: 'price', slug, of: meter })
    if (after.prices.some(({ slug }) => slug === undefined))
      this.#problems.push({
        path: [...path, 'prices'],
        message: 'each price needs a slug, because a push recognizes prices by their slugs',
      })
    const hasDefault = after.prices.some(({ isDefault }) => isDefault === true)
    const wanted = new Map(after.prices.map((price) => [price.slug, price]))
    const prices = (before?.prices ?? []).map((old) => {
      const price = wanted.get(old.slug)
      wanted.delete(old.slug)
      if (price) return this.#mergePrice(part(old.slug ?? ''), old, price, { isReplaced: false })
      this.#untouched.push(part(old.slug ?? String(old.name ?? 'without a slug')))
      // A meter has only one default price, so the file's default replaces this one.
      if (!hasDefault || old.isDefault !== true) return old
      return this.#mergePrice(part(old.slug ?? ''), old, { ...old, isDefault: false }, { isReplaced: false })
    })
    for (const price of complete.prices) {
      if (!wanted.has(price.slug)) continue
      this.#changes.push({ action: 'create', part: part(price.slug ?? ''), fields: [] })
      prices.push(price)
    }
    return { usageMeter: { ...before?.usageMeter, ...after.usageMeter }, prices }
  }

  #mergeProduct(before: Product | undefined, after: Product, path: Path): Product {
    const { slug } = after.product
    if (!before) {
      this.#changes.push({
        action: 'create',
        part: { kind: 'price', slug: after.price.slug ?? '', of: slug },
        fields: [],
      })
      return after
    }
    if (before.price.type !== after.price.type && !before.product.default)
      this.#problems.push({
        path: [...path, 'price', 'type'],
        message: `Flowglad can't change the type of a product's price from ${before.price.type} to ${after.price.type}. Choose another slug for the product`,
      })
    const part: Part = { kind: 'price', slug: after.price.slug ?? before.price.slug ?? '', of: slug }
    const price = this.#mergePrice(part, before.price, after.price, { isReplaced: true })
    const added = after.features.filter((it) => !before.features.includes(it))
    if (added.length > 0)
      this.#changes.push({
        action: 'change',
        part: { kind: 'product', slug },
        fields: [{ name: 'features', before: before.features, after: [...before.features, ...added] }],
      })
    for (const feature of before.features)
      if (!after.features.includes(feature))
        this.#untouched.push({ kind: 'feature', slug: feature, of: slug })
    return {
      product: { ...before.product, ...after.product },
      price,
      features: [...before.features, ...added],
    }
  }

  #mergePrice(part: Part, before: Price, after: Price, { isReplaced }: { isReplaced: boolean }): Price {
    const merged = { ...before, ...after }
    const fields = differences(before, merged)
    const replaces = isReplaced || fields.some(({ name }) => terms.includes(name))
    if (fields.length > 0)
      this.#changes.push({ action: 'change', part, fields, ...(replaces ? { replaces: true } : {}) })
    return merged
  }

  #compareFields(part: Part, before: Fields, after: Fields): void {
    const fields = differences(before, { ...before, ...after })
    if (fields.length > 0) this.#changes.push({ action: 'change', part, fields })
  }

  /** Reports the changes to the default product that Flowglad refuses. Every new customer gets this product. */
  #checkDefaultProduct(): void {
    const before = this.#remote.products.find(({ product }) => product.default)
    // If the file names no default product, Flowglad's default product stays the default.
    const after =
      this.#file.products.find(({ product }) => product.default) ??
      this.#file.products.find(({ product }) => product.slug === before?.product.slug)
    if (!before || !after) return
    const path = ['products', after.product.slug]
    if (before.product.slug !== after.product.slug) {
      this.#problems.push({
        path: [...path, 'product', 'slug'],
        message: `Flowglad's default product is ${before.product.slug}, and Flowglad can't replace it with ${after.product.slug}. ${instead}`,
      })
      return
    }
    const changed = differences(before.price, { ...before.price, ...after.price })
    for (const { name, before: is, after: wanted } of changed)
      if (name === 'slug' || terms.includes(name))
        this.#problems.push({
          path: [...path, 'price', name],
          message: `is ${JSON.stringify(wanted ?? null)}, but Flowglad has ${JSON.stringify(is ?? null)}, and can't change the price of its default product. ${instead}`,
        })
  }
}

function differences(before: Fields, after: Fields): Change['fields'] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.flatMap((name) =>
    isDeepStrictEqual(before[name], after[name]) ? [] : [{ name, before: before[name], after: after[name] }],
  )
}
