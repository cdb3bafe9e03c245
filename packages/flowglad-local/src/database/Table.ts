/** Called for each change. The `undo` function reverts the change if the transaction fails. */
export type OnChange = (table: string, id: string, undo: () => void) => void

type Indexes<R> = Record<string, (record: R) => string | null>

/**
 * Stores records by ID in insertion order, with lookups by index. Records are immutable. Because `put`
 * replaces the record, restoring the previous object undoes a change.
 */
export class Table<R extends { id: string }, I extends Indexes<R> = Indexes<R>> {
  readonly #records = new Map<string, R>()
  readonly #indexes = new Map<keyof I, Map<string, Set<string>>>()

  constructor(
    readonly name: string,
    readonly indexes: I,
    readonly onChange: OnChange,
  ) {
    for (const index of Object.keys(indexes)) this.#indexes.set(index, new Map())
  }

  get size(): number {
    return this.#records.size
  }

  find(id: string): R | undefined {
    return this.#records.get(id)
  }

  /** Returns the record with this ID. Throws if no record has this ID, which indicates a broken reference. */
  get(id: string): R {
    const record = this.#records.get(id)
    if (!record) throw new Error(`${this.name}: referenced record ${id} does not exist`)
    return record
  }

  all(): IterableIterator<R> {
    return this.#records.values()
  }

  by(index: keyof I, key: string): R[] {
    const ids = this.#indexes.get(index)?.get(key)
    return ids ? Array.from(ids, (id) => this.get(id)) : []
  }

  first(index: keyof I, key: string): R | undefined {
    const id = this.#indexes.get(index)?.get(key)?.values().next().value
    return id === undefined ? undefined : this.get(id)
  }

  put(record: R): R {
    const previous = this.#records.get(record.id)
    this.#set(record, previous)
    this.onChange(this.name, record.id, () => {
      if (previous) this.#set(previous, record)
      else this.#remove(record)
    })
    return record
  }

  patch(id: string, changes: Partial<R>): R {
    return this.put({ ...this.get(id), ...changes })
  }

  /** Adds a record from the file without recording a change. */
  load(record: R): void {
    this.#set(record, undefined)
  }

  #set(record: R, previous: R | undefined): void {
    // Compute all keys before storing anything, so that nothing needs to be undone if a key function throws.
    const keys = Object.entries(this.indexes).map(([name, keyOf]) => ({
      name,
      key: keyOf(record),
      oldKey: previous ? keyOf(previous) : null,
    }))
    this.#records.set(record.id, record)
    for (const { name, key, oldKey } of keys) {
      if (previous && key === oldKey) continue
      const index = this.#indexes.get(name)
      if (oldKey !== null) index?.get(oldKey)?.delete(record.id)
      if (key === null) continue
      const ids = index?.get(key)
      if (ids) ids.add(record.id)
      else index?.set(key, new Set([record.id]))
    }
  }

  #remove(record: R): void {
    this.#records.delete(record.id)
    for (const [name, keyOf] of Object.entries(this.indexes)) {
      const key = keyOf(record)
      if (key !== null) this.#indexes.get(name)?.get(key)?.delete(record.id)
    }
  }
}
