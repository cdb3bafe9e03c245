/**
 * The error for a forbidden action (403) or an invalid request (400) from a browser. The browser receives the
 * message.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError'
  constructor(
    readonly status: 400 | 403,
    message: string,
  ) {
    super(message)
  }
}
