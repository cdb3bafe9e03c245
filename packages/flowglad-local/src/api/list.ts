import { z } from 'zod'
import type { Table } from '../database/Table.ts'
import { malformed } from '../problems.ts'

/** `?limit` 1–100, default 10, and `?cursor` from the previous page. */
export const listQuery = z.object({ limit: z.unknown().optional(), cursor: z.unknown().optional() })

const cursorShape = z.object({
  createdAt: z.number(),
  id: z.string(),
  direction: z.enum(['forward', 'backward']).default('forward'),
})

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

/** A table's records, oldest first, from the cursor on. */
export function listPage<R extends { id: string; createdAt: number }, T>(
  table: Table<R>,
  query: z.output<typeof listQuery>,
  present: (record: R) => T,
): Page<T> {
  const limit = parseLimit(query.limit)
  const records = [...table.all()]
  const cursor = query.cursor === undefined ? null : z.string().safeParse(query.cursor).data
  if (cursor === undefined) throw malformed('Invalid cursor')
  const start = cursor === null ? 0 : indexAfter(records, parseCursor(cursor))
  const page = records.slice(start, start + limit)
  const last = page.at(-1)
  const hasMore = start + limit < records.length
  return {
    data: page.map(present),
    currentCursor: cursor,
    nextCursor: hasMore && last ? encodeCursor(last) : null,
    hasMore,
    total: records.length,
  }
}

function parseLimit(text: unknown): number {
  if (text === undefined) return 10
  const limit = typeof text === 'string' ? Number(text) : Number.NaN
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw malformed('Invalid limit: expected a whole number from 1 to 100')
  return limit
}

const encodeCursor = ({ id, createdAt }: { id: string; createdAt: number }) =>
  Buffer.from(JSON.stringify({ parameters: {}, createdAt, id, direction: 'forward' })).toString('base64')

function parseCursor(text: string): z.output<typeof cursorShape> {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(text, 'base64').toString()))
  } catch {
    throw malformed('Invalid cursor')
  }
}

function indexAfter(
  records: readonly { id: string; createdAt: number }[],
  { id, createdAt }: { id: string; createdAt: number },
): number {
  const exact = records.findIndex((record) => record.id === id)
  if (exact !== -1) return exact + 1
  const later = records.findIndex((record) => record.createdAt > createdAt)
  return later === -1 ? records.length : later
}
