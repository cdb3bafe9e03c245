import { request as httpRequest } from 'node:http'
import { z } from 'zod'
import type { Outcome, Request } from './call.ts'

const outcome = z.discriminatedUnion('state', [
  z.object({ state: z.literal('answered'), attempt: z.string() }),
  z.object({ state: z.literal('denied'), code: z.string() }),
  z.object({ state: z.literal('failed') }),
  z.object({ state: z.literal('unknown'), reason: z.string() }),
])

/** The maximum time to wait for a response. It is longer than a node waits for its ledger. */
const timeoutMs = 12_000

/**
 * Sends the request to a node. Never rejects.
 *
 * @param leaveAfterMs The time after which the caller closes the connection.
 */
export const sendCall = (url: string, call: Request, leaveAfterMs = timeoutMs) =>
  new Promise<Outcome>((resolve) => {
    // Open a new connection for each call. An error on a reused connection doesn't show whether the node got
    // the request.
    const sent = httpRequest(url, { method: 'POST', agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part
      })
      response.on('error', unknown)
      response.on('close', () => {
        try {
          resolve(outcome.parse(JSON.parse(body)))
        } catch {
          resolve({ state: 'unknown', reason: 'incomplete answer' })
        }
      })
    })
    const unknown = (error: Error & { code?: string }) =>
      resolve(
        error.code === 'ECONNREFUSED' ? { state: 'not sent' } : { state: 'unknown', reason: error.message },
      )
    sent.on('error', unknown)
    const timer = setTimeout(() => sent.destroy(new Error('the caller left')), leaveAfterMs)
    sent.on('close', () => clearTimeout(timer))
    const { operation, customer, kind, amount, hold, workMs, key } = call
    sent.end(JSON.stringify({ operation, customer, kind, amount, hold, workMs, key }))
  })
