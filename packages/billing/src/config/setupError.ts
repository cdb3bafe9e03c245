/** The app uses this package in a way that can't work. The message says what to change. */
export class SetupError extends Error {
  override readonly name = 'SetupError'
}
