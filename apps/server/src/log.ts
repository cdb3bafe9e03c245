import Fastify, { type FastifyBaseLogger } from 'fastify'

/** Creates the server's log: every event as JSON in production, readable warnings and errors in development. */
export async function createLog({ production }: { production: boolean }): Promise<FastifyBaseLogger> {
  if (production) return Fastify({ logger: { level: 'info' } }).log
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({
    destination: process.stderr.fd,
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname,reqId',
  })
  return Fastify({ logger: { level: 'warn', stream } }).log
}
