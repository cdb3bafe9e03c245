import { z } from 'zod'

/** A Flowglad slug or ID in a request. Real values are much shorter than the limit. */
export const slugOrId = z.string().max(200)
