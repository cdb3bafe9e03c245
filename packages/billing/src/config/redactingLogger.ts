import type { Logger } from './logger.ts'

const part = String.raw`[^\s@"'\`<>()[\]{},:;=\\]+`
const emailAddress = new RegExp(`${part}@${part}\\.${part}`, 'g')
/** Flowglad's keys, and the keys of webhooks. */
const secret = /\b(sk|pk|whsec)_[\w+/=-]+/g

/**
 * Returns a logger that removes email addresses and keys from every text. Flowglad's and the database's errors can
 * repeat parts of a request.
 */
export function redactingLogger(logger: Logger): Logger {
  return {
    info: (detail, message) => logger.info(redactedDetail(detail), redacted(message)),
    warn: (detail, message) => logger.warn(redactedDetail(detail), redacted(message)),
    error: (detail, message) => logger.error(redactedDetail(detail), redacted(message)),
  }
}

const redactedDetail = (detail: object) =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === 'string' ? redacted(value) : value,
    ]),
  )

const redacted = (text: string) => text.replace(secret, '$1_[removed]').replace(emailAddress, '[removed]')
