import { z } from 'zod'
import type { After } from '../database/Rows.ts'
import { malformed, rejected } from '../platform/problems.ts'

const limits = z.coerce.number().int().min(1).max(100)
const paging = z.object({ limit: limits.optional(), cursor: z.string().min(1).optional() })

const place = z.object({
  parameters: z.record(z.string(), z.unknown()).optional(),
  createdAt: z.number().optional(),
  id: z.string().min(1),
  direction: z.enum(['forward', 'backward']).default('forward'),
})
/** An older cursor, without an ID. The platform still accepts older cursors. */
const olderPlace = z.strictObject({
  parameters: z.record(z.string(), z.unknown()).optional(),
  createdAt: z.number(),
  direction: z.enum(['forward', 'backward']),
})

/** The field values by which a cursor filters the list. */
type Parameters = Record<string, unknown>

type Place = z.output<typeof place> | (z.output<typeof olderPlace> & { id?: undefined })

/**
 * A list's query parameters: `limit` (1–100, default 10) and the previous page's `cursor`. `rejectBadPaging`
 * has already validated these parameters.
 */
export const listQuery = z.object({ limit: limits.default(10), cursor: z.string().optional() })

/**
 * Checks `limit` and `cursor`. The platform runs this check first on every GET, and its error has no code.
 */
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

/** The page type for a list response of the SDK. */
export type PageOf<Response extends { data: unknown[] }> = Page<Response['data'][number]>

interface Listed {
  id: string
  createdAt: number
}

/** A source of records: a table, or an array that `listOf` wraps. */
interface Source<R> {
  find(id: string): R | undefined
  page(query: { limit: number; after?: After | undefined; descending?: boolean }): R[]
  count(): number
}

/**
 * Returns the page of records after the cursor, oldest first. A backward cursor reverses the order. As on the
 * platform, a cursor's parameters filter the list, and the next cursor repeats them.
 */
export function listPage<R extends Listed, T extends object>(
  records: Source<R> | { all(): readonly R[] },
  { limit, cursor }: z.output<typeof listQuery>,
  present: (record: R) => T,
): Page<T> {
  const from = cursor === undefined ? null : readCursor(cursor)
  const parameters = from?.parameters ?? {}
  const all = 'page' in records ? records : listOf(records.all())
  const source = matching(all, parameters, (record) => ({ ...record, ...present(record) }))
  const direction = from?.direction ?? 'forward'
  const rest = source.page({
    limit: limit + 1,
    after: from ? placeAfter(source, from) : undefined,
    descending: direction === 'backward',
  })
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const hasMore = rest.length > limit
  return {
    data: page.map(present),
    currentCursor: cursor ?? null,
    nextCursor: hasMore && last ? writeCursor(last, direction, parameters) : null,
    hasMore,
    total: source.count(),
  }
}

/** Returns a source that lists an array's records. */
const listOf = <R extends Listed>(records: readonly R[]): Source<R> => ({
  find: (id) => records.find((record) => record.id === id),
  page: ({ limit, after, descending = false }) => {
    const ordered = descending ? records.toReversed() : records
    if (!after) return ordered.slice(0, limit)
    if ('id' in after) {
      const start = ordered.findIndex((record) => record.id === after.id) + 1
      return ordered.slice(start, start + limit)
    }
    const { createdAt } = after
    return ordered
      .filter((record) => (descending ? record.createdAt < createdAt : record.createdAt > createdAt))
      .slice(0, limit)
  },
  count: () => records.length,
})

const readAtOnce = 1000

/** Yields the records after a position. Reads the records in batches, to limit memory use. */
function* read<R extends Listed>(
  source: Source<R>,
  from: { after?: After | undefined; descending?: boolean },
): Generator<R> {
  let records = source.page({ ...from, limit: readAtOnce })
  for (let last = records.at(-1); last; last = records.at(-1)) {
    yield* records
    records = source.page({ ...from, limit: readAtOnce, after: { id: last.id } })
  }
}

/**
 * Limits a list to the records that match a cursor's parameters. Compares the fields that `rowOf` returns.
 */
function matching<R extends Listed>(
  source: Source<R>,
  parameters: Parameters,
  rowOf: (record: R) => object,
): Source<R> {
  // The platform ignores empty parameters.
  const wanted = Object.entries(parameters).filter(([, value]) => value !== '')
  if (wanted.length === 0) return source
  const matches = (record: R) => {
    const row = new Map<string, unknown>(Object.entries(rowOf(record)))
    return wanted.every(([name, value]) => {
      if (!row.has(name)) throw rejected(`Failed to paginate: column "${name}" does not exist`)
      return isOneOf(row.get(name), value)
    })
  }
  return {
    find: (id) => source.find(id),
    page({ limit, ...from }) {
      const page: R[] = []
      for (const record of read(source, from)) {
        if (page.length === limit) break
        if (matches(record)) page.push(record)
      }
      return page
    },
    count() {
      let total = 0
      for (const record of read(source, {})) if (matches(record)) total++
      return total
    },
  }
}

/**
 * Returns whether a field equals the wanted value or, if that value is a list, one of its entries. As in SQL,
 * "5" matches 5.
 */
const isOneOf = (field: unknown, wanted: unknown): boolean =>
  Array.isArray(wanted)
    ? field !== null && wanted.some((value) => value !== '' && textOf(value) === textOf(field))
    : textOf(wanted) === textOf(field)

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

const writeCursor = ({ id, createdAt }: Listed, direction: Place['direction'], parameters: Parameters) =>
  Buffer.from(JSON.stringify({ parameters, createdAt, id, direction })).toString('base64')

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
 * Returns a cursor's position. Several records can have the same time, so the position is the record itself,
 * or its time if the record no longer exists. Like the platform, returns no position if the cursor has no
 * time.
 */
function placeAfter<R extends Listed>(source: Source<R>, { createdAt, id }: Place): After | undefined {
  if (!createdAt) return undefined
  const named = id === undefined ? undefined : source.find(id)
  return named?.createdAt === createdAt ? { id: named.id } : { createdAt }
}
