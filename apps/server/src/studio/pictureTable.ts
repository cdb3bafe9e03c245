import { type Kysely, sql } from 'kysely'

export interface PictureTable {
  /** Starts with the creation time, so that IDs sort by age. */
  id: string
  user_id: string
  prompt: string
  /** Width and height in pixels. */
  size: number
  /**
   * The picture file, in the format that `content_type` specifies. The column keeps its old name, because
   * servers of the previous version still use the table during an update.
   */
  png: Uint8Array
  content_type: string
  /** Epoch milliseconds. */
  created_at: number
}

/** Creates the table, or adds the columns that an older version's table lacks. */
export async function createPictureTable({
  type,
  kysely,
}: {
  type: 'sqlite' | 'postgres'
  kysely: Kysely<{ picture: PictureTable }>
}) {
  await kysely.schema
    .createTable('picture')
    .ifNotExists()
    // Both engines must sort IDs byte by byte. Without the collation "C", PostgreSQL would sort IDs by its
    // locale.
    .addColumn('id', type === 'postgres' ? sql`text COLLATE "C"` : 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('prompt', 'text', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('png', type === 'postgres' ? 'bytea' : 'blob', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await kysely.schema
    .createIndex('picture_of_user')
    .ifNotExists()
    .on('picture')
    .columns(['user_id', 'id'])
    .execute()
  const tables = await kysely.introspection.getTables()
  const columns = tables.find(
    ({ name, schema }) => name === 'picture' && (schema ?? 'public') === 'public',
  )?.columns
  if (!columns?.some(({ name }) => name === 'content_type')) {
    await kysely.schema
      .alterTable('picture')
      // Pictures stored before this column existed are PNGs.
      .addColumn('content_type', 'text', (column) => column.notNull().defaultTo('image/png'))
      .execute()
  }
}
