import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Discount } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { rejected } from '../platform/problems.ts'
import { outOfRange } from '../rules/bounds.ts'
import { defined } from './defined.ts'
import { listPage, listQuery } from './list.ts'
import { presentAs } from './presentAs.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

type WireDiscount = Flowglad.DiscountCreateResponse['discount']
type WireCounted = Flowglad.DiscountRetrieveResponse['discount']

// The platform also accepts a discount's numbers as strings.
const count = z.coerce.number<number>().int().positive()
const terms = {
  code: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.string().min(3).max(20)),
  amount: count,
  amountType: z.enum(['percent', 'fixed']),
  active: z.boolean().optional(),
}
const duration = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.discriminatedUnion('duration', [
    z.object({ ...shape, duration: z.literal('once'), numberOfPayments: z.null().optional() }),
    z.object({ ...shape, duration: z.literal('number_of_payments'), numberOfPayments: count }),
    z.object({ ...shape, duration: z.literal('forever'), numberOfPayments: z.null().optional() }),
  ])

const createInput = z.object({ discount: duration({ name: z.string(), ...terms }) })
// A discount update must contain every field except the name.
const updateInput = z.object({
  discount: duration({ id: z.string(), name: z.string().optional(), ...terms }),
})

const present = (discount: Discount) => presentAs<WireDiscount>()(discount)
const presentCounted = ({ db }: Platform, discount: Discount) =>
  presentAs<WireCounted>()({
    ...discount,
    redemptionCount: db.discountRedemptions.by('discount', discount.id).length,
  })

/**
 * Stores and returns the discount. Throws the platform's error for a discount that the platform's database
 * would reject.
 */
function stored({ db }: Platform, discount: Discount, failed: string): Discount {
  const { id, pricingModelId, code, amount, duration, numberOfPayments } = discount
  const range = outOfRange(amount) ?? outOfRange(numberOfPayments ?? 0)
  if (range) throw rejected(`${failed}: ${range}`)
  if (db.discounts.by('model', pricingModelId).some((other) => other.code === code && other.id !== id))
    throw rejected(
      `${failed}: duplicate key value violates unique constraint "discounts_code_pricing_model_id_unique_idx"`,
    )
  // If an update changes the duration from `number_of_payments`, it must set the number of payments to null.
  if (duration !== 'number_of_payments' && numberOfPayments !== null)
    throw rejected(
      `${failed}: Error parsing result: numberOfPayments must be null if the duration is ${duration}`,
    )
  return db.discounts.put(discount)
}

function find({ db, pricingModelId }: Platform, id: string | undefined): Discount {
  const discount = db.discounts.find(id ?? '')
  if (discount?.pricingModelId !== pricingModelId) throw rejected(`No discounts found with id: ${id}`)
  return discount
}

export function discountRoutes(route: Route): void {
  route('POST', '/discounts', { body: createInput }, ({ platform, now, body }) => {
    const { numberOfPayments = null, active = true, ...terms } = body.discount
    const discount = {
      ...newRecord('discount', now),
      organizationId: platform.organizationId,
      pricingModelId: platform.pricingModelId,
      ...terms,
      active,
      numberOfPayments,
    }
    const failed = 'Failed to insert item into discounts: Failed to insert items into discounts'
    return { discount: present(stored(platform, discount, failed)) } satisfies Flowglad.DiscountCreateResponse
  })

  route('GET', '/discounts', { query: listQuery }, ({ platform, query }) =>
    listPage(visible(platform, platform.db.discounts), query, (discount) =>
      presentCounted(platform, discount),
    ),
  )

  route('GET', '/discounts/:id', {}, ({ platform, params }) => ({
    discount: presentCounted(platform, find(platform, params.id)),
  }))

  route('PUT', '/discounts/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { id: _, ...changes } = body.discount
    const before = find(platform, params.id)
    const discount = { ...before, ...defined(changes), updatedAt: now }
    return {
      discount: present(stored(platform, discount, `Failed to update discounts with id ${before.id}`)),
    } satisfies Flowglad.DiscountUpdateResponse
  })
}
