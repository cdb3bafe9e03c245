import { z } from 'zod'

/** A charge's position in the list of charges (newest first). */
export type ChargeCursor = z.output<typeof schema>

// Names that contain NUL are invalid, because PostgreSQL can't store NUL in text.
const name = z.string().regex(/^[^\0]*$/)
const schema = z.tuple([z.number().int(), name, name])

/** Returns the cursor for the page that starts after this charge. */
export const cursorAfter = ({ at, attempt, meter }: { at: number; attempt: string; meter: string }): string =>
  Buffer.from(JSON.stringify([at, attempt, meter] satisfies ChargeCursor)).toString('base64url')

/** Decodes a cursor. Returns null for an invalid cursor, so that the page starts with the newest charge. */
export function parseCursor(cursor: string): ChargeCursor | null {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch {
    return null
  }
}
