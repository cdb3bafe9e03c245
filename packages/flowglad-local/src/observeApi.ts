import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Fault } from './platform/conditions.ts'
import type { Organization } from './platform/organizations.ts'
import { Problem } from './platform/problems.ts'
import type { RequestLog } from './platform/requestLog.ts'

interface Arrival {
  at: number
  startedMs: number
  body: string
  /** Undefined until the API key has been checked. */
  organization?: Organization
  fault: Fault
}

/** Checks each call's API key, simulates the key's latency and faults, and logs the call. */
export function observeApi(
  api: FastifyInstance,
  {
    requestLog,
    now,
    authorize,
  }: {
    requestLog: RequestLog
    now: () => number
    /** Returns the organization of the request's API key, or throws. */
    authorize: (request: FastifyRequest) => Organization
  },
): { keepBody: (request: FastifyRequest, body: string) => void } {
  const arrivals = new WeakMap<FastifyRequest, Arrival>()

  const log = (request: FastifyRequest, answer: { status: number | null; body: string }) => {
    const arrival = arrivals.get(request)
    if (!arrival) return
    const { organization, at, startedMs, fault, body } = arrival
    requestLog.add(
      {
        id: request.id,
        at,
        pricingModelId: organization?.platform.pricingModelId ?? null,
        method: request.method,
        url: request.url,
        status: answer.status,
        durationMs: performance.now() - startedMs,
        fault,
        request: body,
        response: answer.body,
      },
      organization?.key ?? null,
    )
  }

  api.addHook('onRequest', async (request, reply) => {
    const arrival: Arrival = { at: now(), startedMs: performance.now(), body: '', fault: 'none' }
    arrivals.set(request, arrival)
    const organization = authorize(request)
    arrival.organization = organization
    const { latencyMs } = organization.conditions
    if (latencyMs > 0) await sleep(latencyMs)
    arrival.fault = organization.conditions.fault
    if (arrival.fault !== 'down') return
    log(request, { status: null, body: '' })
    reply.hijack()
    request.raw.socket.destroy()
  })

  api.addHook('preHandler', async (request) => {
    if (arrivals.get(request)?.fault === 'error')
      throw new Problem('INTERNAL_SERVER_ERROR', 'flowglad-local simulates this error')
  })

  api.addHook('onSend', async (request, reply, payload) => {
    const isLost = arrivals.get(request)?.fault === 'lost'
    log(request, {
      status: isLost ? null : reply.statusCode,
      body: typeof payload === 'string' ? payload : '',
    })
    if (isLost) request.raw.socket.destroy()
    return payload
  })

  return {
    keepBody(request, body) {
      const arrival = arrivals.get(request)
      if (arrival) arrival.body = body
    },
  }
}
