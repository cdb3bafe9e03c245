import type { FastifyRequest } from 'fastify'
import { Problem } from './platform/problems.ts'

/**
 * Rejects requests that another site sends from the visitor's browser, except reads. Browsers don't let the other
 * site see what a read returns. Programs send neither header.
 */
export async function rejectForeignRequests({ method, headers }: FastifyRequest): Promise<void> {
  if (method === 'GET' || method === 'HEAD') return
  const { origin, host, 'sec-fetch-site': site } = headers
  const isForeignOrigin = origin !== undefined && origin !== `http://${host}`
  // A page without an origin, such as one in a sandboxed frame, is foreign too.
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (isForeignOrigin || isForeignSite) throw new Problem('FORBIDDEN', 'This form was sent from another site')
}
