import { type Kysely, sql } from 'kysely'

export interface PictureTable {
  /** Begins with the time it was made, so that newest first is the order of ids. */
  id: string
  user_id: string
  prompt: string
  size: number
  png: Uint8Array
  /** Epoch milliseconds. */
  created_at: number
}

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
    // Ids are compared byte by byte on both engines; PostgreSQL would follow its locale otherwise.
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
}
