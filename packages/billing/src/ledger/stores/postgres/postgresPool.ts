/**
 * A connection pool: the part of node-postgres's `Pool` that the ledger uses. The ledger declares this type
 * so that apps don't need `@types/pg`.
 */
export interface PostgresPool {
  /** Optional, because older node-postgres types don't declare it. */
  options?: { connectionTimeoutMillis?: number | undefined }
  /** Takes a connection from the pool. */
  connect(): Promise<PostgresClient>
  /** Runs one query on any connection. */
  query(query: PostgresQuery & { query_timeout: number }): Promise<PostgresResult>
  /** Listens for errors on idle connections. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Listens for new connections. */
  on(event: 'connect', listener: (client: PostgresClient) => void): unknown
}

/** A connection that was taken from the pool. */
export interface PostgresClient {
  /** Runs a query in the connection's transaction. */
  query(query: PostgresQuery): Promise<PostgresResult>
  /** Returns the connection to the pool. If given an error or `true`, closes the connection instead. */
  release(error?: Error | boolean): void
  /** Listens for errors on the connection. */
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A query. Queries have no name, because a named prepared statement belongs to a session. */
export interface PostgresQuery {
  text: string
  values?: unknown[]
  /** The parsers of the values in the rows. */
  types: {
    /** Returns the parser for values of the PostgreSQL type with this object identifier (OID). */
    getTypeParser(type: number): (value: unknown) => unknown
  }
}

/** The part of node-postgres's query result that the ledger reads. */
export interface PostgresResult {
  rows: unknown[]
  rowCount: number | null
}
