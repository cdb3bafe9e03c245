/**
 * The error for an action that a browser may not perform (403) or whose request is invalid (400). The message
 * is sent to the browser.
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
