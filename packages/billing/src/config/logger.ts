/** The part of pino that the package uses. */
export interface Logger {
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
  error(detail: object, message: string): void
}

export const silent: Logger = { info() {}, warn() {}, error() {} }
