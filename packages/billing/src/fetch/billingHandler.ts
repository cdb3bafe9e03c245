import type { AdapterOptions, BillingHttp } from '../http/caller.ts'

/**
 * Returns a web-standard handler for the billing routes. The handler answers any other path with 404. To
 * combine the billing routes with your own routes, call `billing.handle(request, { customer })` instead. For
 * any other path, `billing.handle` resolves to null.
 *
 *     const handler = billingHandler(billing, { customer: (request) => sessionOf(request)?.user ?? null })
 */
export const billingHandler =
  (billing: BillingHttp, { customer, limit }: AdapterOptions<Request>) =>
  async (request: Request): Promise<Response> =>
    (await billing.handle(request, { customer: () => customer(request), limit })) ??
    Response.json({ error: 'not_found', message: 'There is no such route' }, { status: 404 })
