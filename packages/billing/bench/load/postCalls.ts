import { Agent, request } from 'node:http'
import { chunks } from '../app/work.ts'

/** A procedure to call over HTTP. */
export interface Target {
  url: string
  procedure: 'ping' | 'stream'
  /** Whether each call has its own key. */
  keyed: boolean
}

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
let keys = 0

/** Calls the procedure as tRPC's client does. Rejects unless the response is complete and successful. */
export async function postCall({ url, procedure, keyed }: Target, user: string): Promise<void> {
  const isStream = procedure === 'stream'
  const path = isStream ? 'stream?batch=1' : 'ping'
  const headers: Record<string, string> = { user, 'content-type': 'application/json' }
  if (isStream) headers['trpc-accept'] = 'application/jsonl'
  if (keyed) {
    keys += 1
    headers['idempotency-key'] = `${process.pid}-${keys}`
  }
  const { status, body } = await post(`${url}/${path}`, headers, isStream ? '{}' : '')
  const isComplete = isStream ? body.split('"chunk"').length > chunks : body.includes('"result"')
  if (status !== 200 || !isComplete || body.includes('"error"'))
    throw new Error(`${status} ${body.slice(0, 300)}`)
}

const post = (url: string, headers: Record<string, string>, body: string) =>
  new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode, body: text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
