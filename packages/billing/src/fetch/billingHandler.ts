import type { AdapterOptions, BillingHttp } from '../http/caller.ts'

/**
 * Returns a web standard handler for billing's routes; any other path gets 404. To add billing to routes of
 * your own, call `billing.handle(request, { customer })` instead: it resolves to null for a path that isn't
 * billing's.
 *
 *     const handler = billingHandler(billing, { customer: (request) => sessionOf(request)?.user ?? null })
 */
export const billingHandler =
  (billing: BillingHttp, { customer, limit }: AdapterOptions<Request>) =>
  async (request: Request): Promise<Response> =>
    (await billing.handle(request, { customer: () => customer(request), limit })) ??
    Response.json({ error: 'not_found', message: 'There is no such route' }, { status: 404 })
