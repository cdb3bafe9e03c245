import type { Logger } from '../../src/config/logger.ts'

/** Returns a logger, its error messages, and all its messages. */
export function recordingLogger(): { logger: Logger; errors: string[]; messages: string[] } {
  const errors: string[] = []
  const messages: string[] = []
  const log = (_: object, message: string) => void messages.push(message)
  const error: Logger['error'] = (detail, message) => {
    errors.push(message)
    log(detail, message)
  }
  return { errors, messages, logger: { info: log, warn: log, error } }
}
