import type { Flowglad } from '@flowglad/node'
import { z } from 'zod'
import type { Discount } from '../database/records/pricing.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'
import { Problem, rejected } from '../platform/problems.ts'
import { cents, units } from '../rules/bounds.ts'
import { listPage, listQuery } from './list.ts'
import { presentAs } from './presentAs.ts'
import type { Route } from './route.ts'
import { visible } from './visible.ts'

type WireDiscount = Flowglad.DiscountCreateResponse['discount']
type WireCounted = Flowglad.DiscountRetrieveResponse['discount']

const code = z
  .string()
  .min(3)
  .max(20)
  .transform((text) => text.toUpperCase())
const fields = {
  name: z.string(),
  code,
  amount: cents.min(1),
  amountType: z.enum(['percent', 'fixed']),
  active: z.boolean(),
}
const duration = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.discriminatedUnion('duration', [
    z.object({ ...shape, duration: z.literal('once'), numberOfPayments: z.null().default(null) }),
    z.object({ ...shape, duration: z.literal('number_of_payments'), numberOfPayments: units }),
    z.object({ ...shape, duration: z.literal('forever'), numberOfPayments: z.null().default(null) }),
  ])

const createInput = z.object({
  discount: duration({
    ...fields,
    active: z.boolean().default(true),
    pricingModelId: z.string().optional(),
  }),
})
const updateInput = z.object({
  discount: duration({
    id: z.string(),
    name: fields.name.optional(),
    code: fields.code.optional(),
    amount: fields.amount.optional(),
    amountType: fields.amountType.optional(),
    active: fields.active.optional(),
  }),
})

const present = (discount: Discount) => presentAs<WireDiscount>()(discount)
const presentCounted = ({ db }: Platform, discount: Discount) =>
  presentAs<WireCounted>()({
    ...discount,
    redemptionCount: db.discountRedemptions.by('discount', discount.id).length,
  })

/** Rejects a code that another discount in the pricing model uses. */
function rejectTakenCode({ db }: Platform, discount: Discount): Discount {
  const taken = db.discounts
    .by('model', discount.pricingModelId)
    .some((other) => other.code === discount.code && other.id !== discount.id)
  if (taken) throw rejected(`A discount with code "${discount.code}" already exists in this pricing model`)
  return discount
}

export function discountRoutes(route: Route): void {
  route('POST', '/discounts', { body: createInput }, ({ platform, now, body }) => {
    const { pricingModelId = platform.pricingModelId, ...rest } = body.discount
    if (pricingModelId !== platform.pricingModelId)
      throw new Problem(
        'BAD_REQUEST',
        'Invalid pricing model: the specified pricing model does not exist or does not belong to this organization',
      )
    const discount = rejectTakenCode(platform, {
      ...newRecord('discount', now),
      organizationId: platform.organizationId,
      pricingModelId,
      ...rest,
    })
    return {
      discount: present(platform.db.discounts.put(discount)),
    } satisfies Flowglad.DiscountCreateResponse
  })

  route('GET', '/discounts', { query: listQuery }, ({ platform, query }) =>
    listPage(visible(platform, platform.db.discounts), query, (discount) =>
      presentCounted(platform, discount),
    ),
  )

  route('GET', '/discounts/:id', {}, ({ platform, params }) => ({
    discount: presentCounted(platform, visible(platform, platform.db.discounts).get(params.id, 'discounts')),
  }))

  route('PUT', '/discounts/:id', { body: updateInput }, ({ platform, now, params, body }) => {
    const { id: _, ...changes } = body.discount
    const before = visible(platform, platform.db.discounts).get(params.id, 'discounts')
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    return {
      discount: present(
        platform.db.discounts.put(rejectTakenCode(platform, { ...before, ...given, updatedAt: now })),
      ),
    } satisfies Flowglad.DiscountUpdateResponse
  })
}
