import type { BillingHttp, Caller } from './caller.ts'
import { createFlowgladRoute, type FlowgladRouteParts } from './flowgladRoute.ts'
import type { Health } from './health.ts'
import { flowgladPrefix, healthPath, readinessPath, webhookPath } from './paths.ts'
import { createWebhook, type WebhookParts } from './webhook.ts'

export interface HandlerParts extends FlowgladRouteParts, WebhookParts {
  sync: FlowgladRouteParts['sync'] & WebhookParts['sync']
  health: () => Promise<Health>
}

/**
 * Creates the handler for all of billing's HTTP routes: Flowglad's webhook, the routes for `@flowglad/react`,
 * `/healthz` and `/readyz`. The handler resolves to null for any other path, and rejects if a route fails
 * unexpectedly.
 */
export function createHandler({ health, ...parts }: HandlerParts): BillingHttp['handle'] {
  const webhook = createWebhook(parts)
  const flowgladRoute = createFlowgladRoute(parts)

  async function route(request: Request, caller: Caller): Promise<Response | null> {
    const { pathname } = new URL(request.url)
    switch (pathname) {
      case healthPath:
        return rejectUnless(request, 'GET') ?? Response.json({ status: 'ok' })
      case readinessPath:
        return rejectUnless(request, 'GET') ?? readiness(await health())
      case webhookPath:
        return rejectUnless(request, 'POST') ?? webhook(request)
    }
    if (!pathname.startsWith(flowgladPrefix)) return null
    return flowgladRoute(pathname.slice(flowgladPrefix.length), request, caller)
  }

  return async (request, caller) => {
    const response = await route(request, caller)
    return response && request.method === 'HEAD' ? new Response(null, response) : response
  }
}

const readiness = (health: Health) =>
  Response.json(health, { status: health.status === 'unavailable' ? 503 : 200 })

function rejectUnless(request: Request, method: 'GET' | 'POST'): Response | null {
  if (request.method === method || (method === 'GET' && request.method === 'HEAD')) return null
  return Response.json(
    { error: 'method_not_allowed', message: `Use ${method}` },
    { status: 405, headers: { allow: method } },
  )
}
