/**
 * The format of an idempotency key. The client's link checks each key before sending it, and the server
 * checks it again.
 */
export const keyPattern = /^[A-Za-z0-9._:-]{1,128}$/

export const keyRule =
  'The idempotency key is invalid. Use 1 to 128 letters, digits, dots, colons, dashes or underscores. In a batch, send one key per call.'

/** Returns a header's value in a form that is safe to show in an error. */
export const printable = (value: string) => value.slice(0, 128).replace(/[^\x20-\x7e]/g, '?')

/** The input property that carries a call's key if the call has no headers, for example over a WebSocket. */
export const keyProperty = 'idempotency-key'
