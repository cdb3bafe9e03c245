/** The logger that the package writes to, such as pino. */
export interface Logger {
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
  error(detail: object, message: string): void
}

export const silent: Logger = { info() {}, warn() {}, error() {} }
