import type { Logger } from '../../src/config/logger.ts'

/** Returns a logger and the list of messages that it logs at error level. */
export function recordingLogger(): { logger: Logger; errors: string[] } {
  const errors: string[] = []
  return { errors, logger: { info() {}, warn() {}, error: (_, message) => void errors.push(message) } }
}
