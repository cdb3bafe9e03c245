/** The error for an incorrect setup. The message says how to fix it. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
