import Fastify, { type FastifyBaseLogger } from 'fastify'
import { logSerializers } from './http/logSerializers.ts'

/**
 * Creates the server's logger. In production, the logger writes JSON. In development, the logger writes only
 * warnings and errors, in a readable format.
 */
export async function createLog({
  production,
  stream,
}: {
  production: boolean
  /** Receives the log as JSON. Default: standard output in production, standard error in development. */
  stream?: { write(line: string): void } | undefined
}): Promise<FastifyBaseLogger> {
  const level = production ? 'info' : 'warn'
  const serializers = logSerializers
  if (stream) return Fastify({ logger: { level, serializers, stream } }).log
  if (production) return Fastify({ logger: { level, serializers } }).log
  const { default: pretty } = await import('pino-pretty')
  const readable = pretty({
    destination: process.stderr.fd,
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname,reqId',
  })
  return Fastify({ logger: { level, serializers, stream: readable } }).log
}
