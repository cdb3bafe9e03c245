/**
 * An action that a browser may not perform (403) or described wrongly (400). The message goes to the browser.
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
