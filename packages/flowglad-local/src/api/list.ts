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
/** Cursors had no id once; the platform still takes those. */
const olderPlace = z.strictObject({
  parameters: z.record(z.string(), z.unknown()).optional(),
  createdAt: z.number(),
  direction: z.enum(['forward', 'backward']),
})

type Place = z.output<typeof place> | (z.output<typeof olderPlace> & { id?: undefined })

/** `?limit` 1–100, default 10, and `?cursor` from the previous page: already looked at, see `refuseBadPaging`. */
export const listQuery = z.object({ limit: limits.default(10), cursor: z.string().optional() })

/** Every GET refuses these when they are wrong, lists or not, without a code and before it looks at anything else. */
export function refuseBadPaging(query: unknown): void {
  const given = z.object({ limit: z.unknown(), cursor: z.unknown() }).partial().parse(query)
  for (const name of ['limit', 'cursor'] as const)
    if (Array.isArray(given[name])) throw malformed(`Multiple '${name}' values are not allowed`)
  const parsed = paging.safeParse(given)
  if (!parsed.success) throw malformed(parsed.error.message)
  if (parsed.data.cursor !== undefined) readCursor(parsed.data.cursor)
}

/** A page of a list as the platform sends it: cursors are null, not absent, where there are none. */
export interface Page<T> {
  data: T[]
  currentCursor: string | null
  nextCursor: string | null
  hasMore: boolean
  total: number
}

/** A page of what a list of the SDK holds, so that a list of something else does not compile. */
export type PageOf<Response extends { data: unknown[] }> = Page<Response['data'][number]>

interface Listed {
  id: string
  createdAt: number
}

/** Records oldest first, from the cursor on; newest first where the cursor points backwards. */
export function listPage<R extends Listed, T>(
  table: { all(): Iterable<R> },
  { limit, cursor }: z.output<typeof listQuery>,
  present: (record: R) => T,
): Page<T> {
  const records = [...table.all()]
  const from = cursor === undefined ? null : readCursor(cursor)
  const direction = from?.direction ?? 'forward'
  const rest = from ? beyond(records, from) : records
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

/** What lies beyond a place, in its direction. A place without a time is the beginning, as on the platform. */
function beyond<R extends Listed>(records: readonly R[], { createdAt, id, direction }: Place): R[] {
  const ordered = direction === 'forward' ? records : records.toReversed()
  if (!createdAt) return [...ordered]
  // Records of one moment keep the order in which they were made, so the named one has to be found among them.
  const named = ordered.findIndex((record) => record.id === id && record.createdAt === createdAt)
  if (named !== -1) return ordered.slice(named + 1)
  return ordered.filter((record) =>
    direction === 'forward' ? record.createdAt > createdAt : record.createdAt < createdAt,
  )
}
