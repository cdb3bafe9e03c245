/** Something a browser may not do. */
export class RefusedAction extends Error {
  override readonly name = 'RefusedAction'
  constructor(
    readonly status: 400 | 403,
    message: string,
  ) {
    super(message)
  }
}
