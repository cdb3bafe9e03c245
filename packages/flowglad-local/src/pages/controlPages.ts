import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { addDemoCustomers } from '../billing/demoCustomers.ts'
import { grantCredits } from '../billing/ledger.ts'
import { planFailure } from '../billing/plannedFailure.ts'
import { currentSubscriptions } from '../billing/subscriptions.ts'
import { deleteCustomers } from '../database/deleteCustomers.ts'
import { faults, maxLatencyMs } from '../platform/conditions.ts'
import { findIn, type Organizations, ofModel } from '../platform/organizations.ts'
import { Problem } from '../platform/problems.ts'
import { int32Max } from '../rules/bounds.ts'
import { resetPage } from './controlParts.ts'
import { sendPage } from './layout.ts'
import { addressOf, dashboardAddress } from './organizationParts.ts'

const ofForm = z.object({ model: z.string().optional().catch(undefined) }).catch({ model: undefined })
/**
 * A path on this server, without tabs and line breaks. Browsers remove these characters from a URL, and the rest could
 * be another host's address.
 */
export const localPath = z.string().regex(/^\/(?![/\\])[!-~]*$/)
const conditions = z.object({
  fault: z.enum(faults).optional(),
  latencyMs: z.coerce.number().int().nonnegative().max(maxLatencyMs).optional(),
})
const grant = z.object({
  meter: z.string(),
  amount: z.coerce.number().int().positive().max(int32Max),
})

/** Adds the dashboard's forms that change data and simulate faults. */
export function controlPages(app: FastifyInstance, organizations: Organizations): void {
  interface Params {
    Params: { id: string }
  }
  const chosen = (body: unknown) => ofModel(organizations, ofForm.parse(body).model)
  const customerOf = (id: string) => findIn(organizations, (db) => db.customers.find(id))

  app.post('/conditions', (request, reply) => {
    const organization = chosen(request.body)
    Object.assign(organization.conditions, parsed(conditions, request.body))
    const back = z.object({ back: localPath }).safeParse(request.body).data?.back
    return reply.redirect(back ?? dashboardAddress(organization.platform), 303)
  })

  app.post('/demo-customers', (request, reply) => {
    const { platform } = chosen(request.body)
    addDemoCustomers(platform)
    return reply.redirect(dashboardAddress(platform), 303)
  })

  app.get('/reset', (request, reply) =>
    sendPage(reply, {
      title: 'Delete all customers · flowglad-local',
      layout: 'narrow',
      body: resetPage(chosen(request.query).platform),
    }),
  )

  app.post('/reset', (request, reply) => {
    const { platform } = chosen(request.body)
    const demo = z.object({ demo: z.literal('yes') }).safeParse(request.body).success
    platform.db.transaction(() => {
      deleteCustomers(platform.db)
      if (demo) addDemoCustomers(platform)
    })
    return reply.redirect(dashboardAddress(platform), 303)
  })

  app.post<Params>('/customers/:id/grant', (request, reply) => {
    const found = customerOf(request.params.id)
    if (!found) return reply.redirect('/', 303)
    const { platform, record: customer } = found
    const { meter, amount } = parsed(grant, request.body)
    const [subscription] = currentSubscriptions(platform, customer.id)
    if (!subscription || platform.db.usageMeters.find(meter)?.pricingModelId !== customer.pricingModelId)
      throw new Problem(
        'BAD_REQUEST',
        "Choose a customer who has a plan, and a meter in the customer's pricing model.",
      )
    platform.db.transaction(() =>
      grantCredits(platform, platform.clock.now(), {
        subscriptionId: subscription.id,
        usageMeterId: meter,
        amount,
        expiresAt: null,
        billingPeriodId: null,
        source: 'dashboard',
        description: 'Granted on the dashboard',
      }),
    )
    return reply.redirect(addressOf(customer), 303)
  })

  app.post<Params>('/customers/:id/next-payment', (request, reply) => {
    const found = customerOf(request.params.id)
    if (!found) return reply.redirect('/', 303)
    const { platform, record: customer } = found
    const { fails } = parsed(z.object({ fails: z.enum(['yes', 'no']) }), request.body)
    platform.db.transaction(() => planFailure(platform, customer, fails === 'yes'))
    return reply.redirect(addressOf(customer), 303)
  })
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Problem('BAD_REQUEST', `${issue?.path.join('.')}: ${issue?.message}`)
}
