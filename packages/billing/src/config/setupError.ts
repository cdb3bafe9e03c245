/** The error for an incorrect setup. The message explains how to correct the setup. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
