/** The names clients give to operations; anything else is refused, by the client's link before it is sent and by the server again. */
export const keyPattern = /^[A-Za-z0-9._:-]{1,128}$/

export const keyRule =
  'An idempotency key is 1 to 128 letters, digits, dots, colons, dashes or underscores, one for each call of a batch.'

/** A refused key as an error may show it. */
export const printable = (key: string) => key.slice(0, 128).replace(/[^\x20-\x7e]/g, '?')
