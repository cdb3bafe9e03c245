import type { Logger } from './logger.ts'
import { redactText } from './redactText.ts'

/**
 * Returns a logger that applies `redactText` to the message and to the detail's string fields. Errors from Flowglad
 * and the database can repeat parts of a request.
 */
export function redactingLogger(logger: Logger): Logger {
  return {
    info: (detail, message) => logger.info(redactedDetail(detail), redactText(message)),
    warn: (detail, message) => logger.warn(redactedDetail(detail), redactText(message)),
    error: (detail, message) => logger.error(redactedDetail(detail), redactText(message)),
  }
}

const redactedDetail = (detail: object) =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === 'string' ? redactText(value) : value,
    ]),
  )
