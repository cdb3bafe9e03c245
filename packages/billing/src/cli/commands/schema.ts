import { z } from 'zod'
import { schemaStatements } from '../../ledger/stores/postgres/schemaStatements.ts'
import { defineCommand } from '../command.ts'

export const schema = defineCommand({
  name: 'schema',
  summary: 'prints SQL that partitions a PostgreSQL ledger, or removes indexes of earlier releases',
  arguments: [],
  options: ['partitions', 'json'],
  details: `Prints SQL for a PostgreSQL ledger, and changes nothing. Run the SQL with psql as the ledger's role, after
all nodes of earlier releases have stopped. The SQL removes the primary keys, indexes and triggers that only
releases without buckets need. A ledger that this release has created doesn't have them. With
--partitions, the SQL also divides each table into partitions by bucket. Calls wait while the rows are copied.`,
  input: z.object({
    partitions: z.enum(['2', '4', '8', '16', '32', '64']).transform(Number).optional(),
  }),
  async run({ partitions }) {
    const sql = schemaStatements(partitions ?? null)
    return { text: sql, json: { sql } }
  },
})
