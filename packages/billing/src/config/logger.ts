/** The logger that the package writes to, such as pino. */
export interface Logger {
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
  error(detail: object, message: string): void
}

export const silent: Logger = { info() {}, warn() {}, error() {} }

/** Writes warnings and errors to the console, one line each. */
export const consoleLogger: Logger = {
  info() {},
  warn: (detail, message) => console.warn(lineOf(detail, message)),
  error: (detail, message) => console.error(lineOf(detail, message)),
}

/** Returns a line such as `[billing] release failed: customer=ada error="Error: disk full"`. */
function lineOf(detail: object, message: string): string {
  const fields = Object.entries(detail).map(([name, value]) => `${name}=${printed(value)}`)
  if (fields.length === 0) return `[billing] ${message}`
  // A message that consists of sentences already ends with a period.
  return `[billing] ${message}${message.endsWith('.') ? '' : ':'} ${fields.join(' ')}`
}

const printed = (value: unknown) =>
  typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value)
