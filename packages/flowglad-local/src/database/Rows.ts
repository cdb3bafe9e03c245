import type Libsql from 'libsql'

/** An index's value for a record. */
export type Key = string | number

/** Computes each index's value. A record whose value is null isn't in the index. */
export type Indexes<R> = Record<string, (record: R) => Key | null>

/** Limits a query to the records that have the value `key` in an index. */
export interface Of<I> {
  index: keyof I & string
  key: Key
}

/** The position in insertion order after which a page starts: a record, or the last record with this time. */
export type After = { id: string } | { createdAt: number }

export interface Query<I> {
  limit: number
  of?: Of<I> | undefined
  after?: After | undefined
  /** Newest first. Default: oldest first. */
  descending?: boolean
}

const migratedAtOnce = 1000

/**
 * Stores the records of one type in a SQLite table. A row has the ID, the record as JSON and a column for
 * each index. An update keeps the row's `rowid`, so the rows stay in insertion order.
 */
export class Rows<R extends { id: string }, I extends Indexes<R>> {
  readonly #statements = new Map<string, Libsql.Statement>()
  readonly #columns: string[]
  readonly #upsert: Libsql.Statement

  /** Creates the table, or adds the columns that an earlier version's table lacks. */
  constructor(
    readonly database: Libsql.Database,
    readonly name: string,
    readonly indexes: I,
  ) {
    this.#columns = Object.keys(indexes).map(columnOf)
    const existing = database
      .prepare('SELECT name AS value FROM pragma_table_info(?)')
      .all([name])
      .map((row) => String(onlyValue(row)))
    if (existing.length === 0)
      database.exec(
        `CREATE TABLE ${name} (${['id TEXT PRIMARY KEY', 'record TEXT NOT NULL', ...this.#columns].join(', ')})`,
      )
    else this.#addColumns(this.#columns.filter((column) => !existing.includes(column)))
    for (const column of this.#columns)
      database.exec(
        `CREATE INDEX IF NOT EXISTS ${name}_${column} ON ${name} (${column}) WHERE ${column} IS NOT NULL`,
      )
    const columns = ['id', 'record', ...this.#columns]
    this.#upsert = database.prepare(
      `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    )
  }

  find(id: string): R | undefined {
    const row = this.#prepare(`SELECT record AS value FROM ${this.name} WHERE id = ?`).get([id])
    return row === undefined ? undefined : this.#read(row)
  }

  has(id: string): boolean {
    return this.#prepare(`SELECT 1 AS value FROM ${this.name} WHERE id = ?`).get([id]) !== undefined
  }

  /** Returns the records that have the value `key` in an index, oldest first. */
  by({ index, key }: Of<I>, limit = -1): R[] {
    return this.#select(`WHERE ${columnOf(index)} = ? ORDER BY rowid LIMIT ?`, [key, limit])
  }

  page({ limit, of, after, descending = false }: Query<I>): R[] {
    const conditions: string[] = []
    const values: Key[] = []
    if (of) {
      conditions.push(`${columnOf(of.index)} = ?`)
      values.push(of.key)
    }
    const beyond = descending ? '<' : '>'
    if (after && 'id' in after) {
      conditions.push(`rowid ${beyond} (SELECT rowid FROM ${this.name} WHERE id = ?)`)
      values.push(after.id)
    } else if (after) {
      conditions.push(`json_extract(record, '$.createdAt') ${beyond} ?`)
      values.push(after.createdAt)
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
    return this.#select(`${where} ORDER BY rowid ${descending ? 'DESC' : 'ASC'} LIMIT ?`, [...values, limit])
  }

  /**
   * Returns records whose value in a numeric index is at most `max`, lowest first and, on a tie, oldest
   * first.
   */
  upTo(index: keyof I & string, max: number, limit: number): R[] {
    const column = columnOf(index)
    return this.#select(`WHERE ${column} <= ? ORDER BY ${column}, rowid LIMIT ?`, [max, limit])
  }

  count(of?: Of<I>): number {
    const row = of
      ? this.#prepare(`SELECT count(*) AS value FROM ${this.name} WHERE ${columnOf(of.index)} = ?`).get([
          of.key,
        ])
      : this.#prepare(`SELECT count(*) AS value FROM ${this.name}`).get([])
    return Number(onlyValue(row))
  }

  put(record: R): void {
    this.#upsert.run([record.id, JSON.stringify(record), ...this.#keysOf(record)])
  }

  remove(id: string): void {
    this.#prepare(`DELETE FROM ${this.name} WHERE id = ?`).run([id])
  }

  /** Deletes all rows in one step. This is fast for any number of rows. */
  removeAll(): void {
    this.database.exec(`DELETE FROM ${this.name}`)
  }

  #keysOf(record: R): (Key | null)[] {
    return Object.values(this.indexes).map((keyOf) => keyOf(record))
  }

  #select(clauses: string, values: readonly Key[]): R[] {
    return this.#prepare(`SELECT record AS value FROM ${this.name} ${clauses}`)
      .all(values)
      .map((row) => this.#read(row))
  }

  // Only this program writes to the file, so the records have the expected shape.
  #read(row: unknown): R {
    return JSON.parse(String(onlyValue(row)))
  }

  #prepare(sql: string): Libsql.Statement {
    const known = this.#statements.get(sql)
    if (known) return known
    const prepared = this.database.prepare(sql)
    this.#statements.set(sql, prepared)
    return prepared
  }

  #addColumns(missing: readonly string[]): void {
    if (missing.length === 0) return
    for (const column of missing) this.database.exec(`ALTER TABLE ${this.name} ADD COLUMN ${column}`)
    const update = this.database.prepare(
      `UPDATE ${this.name} SET ${this.#columns.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
    )
    let records = this.page({ limit: migratedAtOnce })
    for (let last = records.at(-1); last; last = records.at(-1)) {
      for (const record of records) update.run([...this.#keysOf(record), record.id])
      records = this.page({ limit: migratedAtOnce, after: { id: last.id } })
    }
  }
}

/** Returns the name of an index's column. The prefix avoids SQL keywords such as `transaction`. */
const columnOf = (index: string) => `by_${index}`

/** Returns the value of a row with a single column. */
export const onlyValue = (row: unknown) => (row as { value: unknown }).value
