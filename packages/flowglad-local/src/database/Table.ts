import type Libsql from 'libsql'
import { type Indexes, type Key, type Of, type Query, Rows } from './Rows.ts'

/** A table drops its cache when the number of cached records and index values reaches this limit. */
const cacheLimit = 10_000
const readAtOnce = 1000

/**
 * Stores records by ID in insertion order, with lookups by index. Records are immutable; `put` replaces a
 * record.
 *
 * The records are rows in SQLite. The table caches the records and the index values that it has read. A
 * transaction's changes stay in memory until a query needs them or the transaction ends. A resident table
 * keeps all of its records in memory. Use a resident table only for records whose number doesn't grow with
 * customers or usage.
 *
 * Invariant: if an index value is cached, all of its records are cached too.
 */
export class Table<R extends { id: string }, I extends Indexes<R> = Indexes<R>> {
  readonly #records = new Map<string, R>()
  /** The IDs of all records of each cached index value. */
  readonly #ids = new Map<string, Set<string>>()
  /** The changes that aren't in SQLite yet. A removed record is null. */
  readonly #unwritten = new Map<string, R | null>()
  readonly #undo: (() => void)[] = []
  readonly #lowest = new Map<string, R | undefined>()
  /**
   * The number of records, or null before the first count. Counting reads the whole table, so the
   * table is counted only once, and later changes update this number.
   */
  #count: number | null = null
  #rows: Rows<R, I> | undefined

  constructor(
    readonly name: string,
    readonly indexes: I,
    readonly options: {
      resident?: boolean
      /** Called before each change. */
      onChange: () => void
      /** Called before each write to SQLite. */
      onWrite: () => void
    },
  ) {}

  open(database: Libsql.Database): void {
    this.#rows = new Rows<R, I>(database, this.name, this.indexes)
    if (this.options.resident)
      for (const record of this.#rows.page({ limit: -1 })) this.#set(record, undefined)
  }

  find(id: string): R | undefined {
    const known = this.#records.get(id)
    if (known || this.options.resident || this.#unwritten.has(id)) return known
    this.#makeRoom()
    const record = this.#stored.find(id)
    if (record) this.#records.set(id, record)
    return record
  }

  /** Returns the record that a reference names. Throws if the record doesn't exist, because the reference is broken. */
  get(id: string): R {
    const record = this.find(id)
    if (!record) throw new Error(`${this.name}: referenced record ${id} does not exist`)
    return record
  }

  /** Returns all records that have the value `key` in an index, oldest first. */
  by(index: keyof I & string, key: Key): R[] {
    const ids = this.#ids.get(cacheKey(index, key))
    if (ids) return Array.from(ids, (id) => this.get(id))
    if (this.options.resident) return []
    return this.#cache(index, key, this.#query().by({ index, key }))
  }

  first(index: keyof I & string, key: Key): R | undefined {
    const ids = this.#ids.get(cacheKey(index, key))
    if (ids) {
      const id = ids.values().next().value
      return id === undefined ? undefined : this.get(id)
    }
    if (this.options.resident) return undefined
    const found = this.#query().by({ index, key }, 2)
    return found.length < 2 ? this.#cache(index, key, found)[0] : this.#remember(found)[0]
  }

  /** Returns one page of records in insertion order. */
  page(query: Query<I>): R[] {
    return this.#remember(this.#query().page(query))
  }

  /** Returns the record with the lowest value of a numeric index. On a tie, returns the oldest record. */
  lowest(index: keyof I & string): R | undefined {
    if (!this.#lowest.has(index)) this.#lowest.set(index, this.#query().upTo(index, Infinity, 1)[0])
    return this.#lowest.get(index)
  }

  /**
   * Returns records whose value in a numeric index is at most `max`, lowest first and, on a tie, oldest
   * first.
   */
  upTo(index: keyof I & string, max: number, limit: number): R[] {
    return this.#remember(this.#query().upTo(index, max, limit))
  }

  count(of?: Of<I>): number {
    if (of) return this.#query().count(of)
    this.#count ??= this.#query().count()
    return this.#count
  }

  /** Reads all records in batches. This is slow for tables that grow. */
  *all(): Generator<R> {
    if (this.options.resident) return yield* this.#records.values()
    let records = this.page({ limit: readAtOnce })
    for (let last = records.at(-1); last; last = records.at(-1)) {
      yield* records
      records = this.page({ limit: readAtOnce, after: { id: last.id } })
    }
  }

  /**
   * Adds a record or replaces the record with the same ID. Read the existing record before you replace it,
   * because the cache needs its old index values.
   */
  put(record: R): R {
    this.options.onChange()
    const previous = this.#records.get(record.id)
    this.#makeRoom()
    const added = this.#count !== null && !previous && !this.#has(record.id) ? 1 : 0
    this.#set(record, previous)
    this.#change(record.id, record, added)
    this.#canUndo(() => (previous ? this.#set(previous, record) : this.#forget(record)))
    return record
  }

  patch(id: string, changes: Partial<R>): R {
    return this.put({ ...this.get(id), ...changes })
  }

  remove(record: R): void {
    this.options.onChange()
    this.#forget(record)
    this.#change(record.id, null, -1)
    this.#canUndo(() => this.#set(record, undefined))
  }

  /** Removes all records. Throws on a resident table, because a resident table couldn't undo the removal. */
  clear(): void {
    if (this.options.resident) throw new Error(`${this.name}: a resident table can't be cleared`)
    this.options.onChange()
    this.options.onWrite()
    this.#stored.removeAll()
    this.#unwritten.clear()
    this.#lowest.clear()
    this.#clear()
    this.#count = 0
  }

  /** Writes the transaction's changes to SQLite. */
  write(): void {
    if (this.#unwritten.size === 0) return
    this.options.onWrite()
    for (const [id, record] of this.#unwritten) {
      if (record) this.#stored.put(record)
      else this.#stored.remove(id)
    }
    this.#unwritten.clear()
  }

  /** Ends a transaction whose changes are committed. */
  commit(): void {
    this.#undo.length = 0
  }

  /** Ends a transaction that SQLite has rolled back. */
  rollback(): void {
    this.#unwritten.clear()
    this.#count = null
    this.#lowest.clear()
    if (!this.options.resident) this.#clear()
    for (const undo of this.#undo.splice(0).reverse()) undo()
  }

  get #stored(): Rows<R, I> {
    if (!this.#rows) throw new Error(`${this.name}: used before the database was opened`)
    return this.#rows
  }

  /** Returns the rows after writing the transaction's changes, so that a query sees them. */
  #query(): Rows<R, I> {
    this.write()
    this.#makeRoom()
    return this.#stored
  }

  #has(id: string): boolean {
    const unwritten = this.#unwritten.get(id)
    return unwritten === undefined ? this.#stored.has(id) : unwritten !== null
  }

  #makeRoom(): void {
    if (this.options.resident || this.#records.size + this.#ids.size < cacheLimit) return
    this.write()
    this.#clear()
  }

  #clear(): void {
    this.#records.clear()
    this.#ids.clear()
  }

  /** Remembers how to undo a change. A table that isn't resident drops its cache on rollback instead. */
  #canUndo(undo: () => void): void {
    if (this.options.resident) this.#undo.push(undo)
  }

  #change(id: string, record: R | null, added: number): void {
    this.#unwritten.set(id, record)
    if (this.#count !== null) this.#count += added
    this.#lowest.clear()
  }

  /** Caches records and returns the cached objects, so that reading a record twice returns the same object. */
  #remember(records: readonly R[]): R[] {
    return records.map((record) => {
      const known = this.#records.get(record.id)
      if (!known) this.#records.set(record.id, record)
      return known ?? record
    })
  }

  #cache(index: keyof I & string, key: Key, records: readonly R[]): R[] {
    this.#ids.set(cacheKey(index, key), new Set(records.map(({ id }) => id)))
    return this.#remember(records)
  }

  #set(record: R, previous: R | undefined): void {
    // Compute all keys before storing anything, so that there is nothing to undo if a key function throws.
    const keys = Object.entries(this.indexes).map(([index, keyOf]) => ({
      index,
      key: keyOf(record),
      oldKey: previous ? keyOf(previous) : null,
    }))
    this.#records.set(record.id, record)
    for (const { index, key, oldKey } of keys) {
      if (previous && key === oldKey) continue
      if (oldKey !== null) this.#ids.get(cacheKey(index, oldKey))?.delete(record.id)
      if (key === null) continue
      const ids = this.#ids.get(cacheKey(index, key))
      // The record's place among the value's records is unknown, so drop the cached IDs. The next read caches
      // the IDs in order again.
      if (previous && !this.options.resident) this.#ids.delete(cacheKey(index, key))
      else if (ids) ids.add(record.id)
      else if (this.options.resident) this.#ids.set(cacheKey(index, key), new Set([record.id]))
    }
  }

  #forget(record: R): void {
    this.#records.delete(record.id)
    for (const [index, keyOf] of Object.entries(this.indexes)) {
      const key = keyOf(record)
      if (key !== null) this.#ids.get(cacheKey(index, key))?.delete(record.id)
    }
  }
}

const cacheKey = (index: string, key: Key) => `${index} ${key}`
