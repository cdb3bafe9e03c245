import { z } from 'zod'

/** An API key. It contains only visible ASCII characters, because it is sent in a header. */
export const apiKey = z.string().regex(/^[\x21-\x7e]{1,128}$/, {
  error: ({ input }) =>
    `The API key must be 1 to 128 ASCII characters without spaces, not "${input}". It is sent in the Authorization header.`,
})
