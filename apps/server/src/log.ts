import Fastify, { type FastifyBaseLogger } from 'fastify'

const levels: Record<number, string> = { 40: 'warning', 50: 'error', 60: 'fatal' }

/** Fastify's own pino. In production a line of JSON for each event; in development only what went wrong, in words. */
export function createLog({ production }: { production: boolean }): FastifyBaseLogger {
  const logger = production ? { level: 'info' } : { level: 'warn', stream: { write: writeReadably } }
  return Fastify({ logger }).log
}

function writeReadably(line: string) {
  const {
    level,
    msg,
    time: _time,
    pid: _pid,
    hostname: _hostname,
    reqId: _reqId,
    ...detail
  } = JSON.parse(line)
  const stack = detail.err?.stack
  delete detail.err
  const rest = Object.keys(detail).length > 0 ? ` ${JSON.stringify(detail)}` : ''
  process.stderr.write(`${levels[level] ?? level}: ${msg ?? ''}${rest}${stack ? `\n${stack}` : ''}\n`)
}
