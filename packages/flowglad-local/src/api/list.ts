import { z } from 'zod'
import { malformed } from '../platform/problems.ts'

const limits = z.coerce.number().int().min(1).max(100)
const paging = z.object({ limit: limits.optional(), cursor: z.string().min(1).optional() })

const place = z.object({
  parameters: z.record(z.string(), z.unknown()).optional(),
  createdAt: z.number().optional(),
  id: z.string().min(1),
  direction: z.enum(['forward', 'backward']).default('forward'),
})
/** The platform still accepts older cursors, which have no ID. */
const olderPlace = z.strictObject({
  parameters: z.record(z.string(), z.unknown()).optional(),
  createdAt: z.number(),
  direction: z.enum(['forward', 'backward']),
})

type Place = z.output<typeof place> | (z.output<typeof olderPlace> & { id?: undefined })

/**
 * A list's query parameters: `limit` (1–100, default 10) and the previous page's `cursor`. `rejectBadPaging`
 * has already checked both.
 */
export const listQuery = z.object({ limit: limits.default(10), cursor: z.string().optional() })

/** Checks `limit` and `cursor`. On every GET, the platform runs this check first. The error has no code. */
export function rejectBadPaging(query: unknown): void {
  const given = z.object({ limit: z.unknown(), cursor: z.unknown() }).partial().parse(query)
  for (const name of ['limit', 'cursor'] as const)
    if (Array.isArray(given[name])) throw malformed(`Multiple '${name}' values are not allowed`)
  const parsed = paging.safeParse(given)
  if (!parsed.success) throw malformed(parsed.error.message)
  if (parsed.data.cursor !== undefined) readCursor(parsed.data.cursor)
}

/** A page in the platform's format. `nextCursor` is null on the last page. */
export interface Page<T> {
  data: T[]
  currentCursor: string | null
  nextCursor: string | null
  hasMore: boolean
  total: number
}

/** The page type for an SDK list response. */
export type PageOf<Response extends { data: unknown[] }> = Page<Response['data'][number]>

interface Listed {
  id: string
  createdAt: number
}

/** Returns the page of records after the cursor, oldest first. A backward cursor reverses the order. */
export function listPage<R extends Listed, T>(
  table: { all(): Iterable<R> },
  { limit, cursor }: z.output<typeof listQuery>,
  present: (record: R) => T,
): Page<T> {
  const records = [...table.all()]
  const from = cursor === undefined ? null : readCursor(cursor)
  const direction = from?.direction ?? 'forward'
  const rest = from ? after(records, from) : records
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rest.length > limit
  return {
    data: page.map(present),
    currentCursor: cursor ?? null,
    nextCursor: hasMore && last ? writeCursor(last, direction) : null,
    hasMore,
    total: records.length,
  }
}

const writeCursor = ({ id, createdAt }: Listed, direction: Place['direction']) =>
  Buffer.from(JSON.stringify({ parameters: {}, createdAt, id, direction })).toString('base64')

function readCursor(text: string): Place {
  try {
    const said: unknown = JSON.parse(Buffer.from(text, 'base64').toString())
    const now = place.safeParse(said)
    return now.success ? now.data : olderPlace.parse(said)
  } catch {
    throw malformed('Invalid cursor')
  }
}

/**
 * Returns the records after a cursor, in the cursor's direction. Like the platform, returns all records if the
 * cursor has no time.
 */
function after<R extends Listed>(records: readonly R[], { createdAt, id, direction }: Place): R[] {
  const ordered = direction === 'forward' ? records : records.toReversed()
  if (!createdAt) return [...ordered]
  // Several records can have the same time, so look for the cursor's own record first.
  const named = ordered.findIndex((record) => record.id === id && record.createdAt === createdAt)
  if (named !== -1) return ordered.slice(named + 1)
  return ordered.filter((record) =>
    direction === 'forward' ? record.createdAt > createdAt : record.createdAt < createdAt,
  )
}
