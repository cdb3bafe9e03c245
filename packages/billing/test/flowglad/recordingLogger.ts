import type { Logger } from '../../src/config/logger.ts'

/** Returns a logger, its error messages, the details of its charges, and all its other messages. */
export function recordingLogger(): {
  logger: Logger
  errors: string[]
  charges: object[]
  messages: string[]
} {
  const errors: string[] = []
  const charges: object[] = []
  const messages: string[] = []
  const log = (detail: object, message: string) =>
    void (message === 'charged' ? charges.push(detail) : messages.push(message))
  const error: Logger['error'] = (detail, message) => {
    errors.push(message)
    log(detail, message)
  }
  return { errors, charges, messages, logger: { info: log, warn: log, error } }
}
