import Fastify, { type FastifyBaseLogger } from 'fastify'

/**
 * Creates the server's logger. Logs JSON in production. In development, logs only warnings and errors, in a
 * readable format.
 */
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
