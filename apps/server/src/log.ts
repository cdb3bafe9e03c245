import Fastify, { type FastifyBaseLogger } from 'fastify'
import { z } from 'zod'

const levels: Record<number, string> = { 40: 'warning', 50: 'error', 60: 'fatal' }
const entry = z.looseObject({
  level: z.number(),
  msg: z.string().default(''),
  err: z.object({ stack: z.string() }).optional(),
})

/** Fastify's own pino. In production a line of JSON for each event; in development only what went wrong, in words. */
export function createLog({ production }: { production: boolean }): FastifyBaseLogger {
  const logger = production ? { level: 'info' } : { level: 'warn', stream: { write: writeReadably } }
  return Fastify({ logger }).log
}

function writeReadably(line: string) {
  const {
    level,
    msg,
    err,
    time: _t,
    pid: _p,
    hostname: _h,
    reqId: _r,
    ...detail
  } = entry.parse(JSON.parse(line))
  const rest = Object.keys(detail).length > 0 ? ` ${JSON.stringify(detail)}` : ''
  process.stderr.write(`${levels[level] ?? level}: ${msg}${rest}${err ? `\n${err.stack}` : ''}\n`)
}
