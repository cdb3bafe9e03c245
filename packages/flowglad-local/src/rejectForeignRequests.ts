import type { FastifyRequest } from 'fastify'
import { Problem } from './platform/problems.ts'

/**
 * Rejects requests that another site sends from a visitor's browser. The `Origin` and `Sec-Fetch-Site`
 * headers identify these requests. Allows reads, because the browser hides the response from the other site.
 * Programs other than browsers send neither header, so their requests are allowed.
 */
export async function rejectForeignRequests({ method, headers }: FastifyRequest): Promise<void> {
  if (method === 'GET' || method === 'HEAD') return
  const { origin, host, 'sec-fetch-site': site } = headers
  const isForeignOrigin = origin !== undefined && origin !== `http://${host}`
  // A page without an origin, for example in a sandboxed frame, is foreign too.
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (isForeignOrigin || isForeignSite)
    throw new Problem(
      'FORBIDDEN',
      'Another site sent this request. Open the page on this server and try again.',
    )
}
