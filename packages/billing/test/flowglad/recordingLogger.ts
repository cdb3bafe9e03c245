import type { Logger } from '../../src/config/logger.ts'

/**
 * Returns a logger and its records: `errors` contains the error messages, `charges` the details of charges, and
 * `messages` all messages except those about charges.
 */
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
