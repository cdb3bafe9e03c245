import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifyWebhook } from '@flowglad/server'

export const secret = `whsec_${Buffer.from("the receiver's secret").toString('base64')}`

/**
 * Starts a receiver that verifies webhooks with Flowglad's SDK and responds with the status from `statusOf`.
 */
export async function startReceiver(
  statusOf: (attempt: number) => number | Promise<number>,
  secretOf = () => secret,
  answerHeaders: Record<string, string> = {},
) {
  const received: { id: unknown; body: unknown }[] = []
  let lastId = ''
  let attempts = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      const status = await statusOf(++attempts)
      lastId = String(request.headers['svix-id'])
      const body = verifyWebhook(Buffer.concat(chunks).toString(), request.headers, secretOf())
      if (status < 300) received.push({ id: request.headers['svix-id'], body })
      response.writeHead(status, answerHeaders).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    attempts: () => attempts,
    lastId: () => lastId,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
