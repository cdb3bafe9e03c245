/** The error for an app setup that can't work. The message says how to fix it. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
