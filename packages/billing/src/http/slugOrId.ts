import { z } from 'zod'

/** A slug or an ID of Flowglad in a request. Real ones are much shorter. */
export const slugOrId = z.string().max(200)
