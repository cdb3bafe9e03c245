import { existsSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import * as fields from '../../ledger/fields.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { completeFile } from '../../ledger/stores/sqlite/completeFile.ts'
import { CommandError, defineCommand, UsageError } from '../command.ts'
import { csvLine } from '../csv.ts'
import { type ExportedRow, type ExportedTable, type ExportQuery, exportRows } from '../exportRows.ts'
import { openLedger } from '../openLedger.ts'

/** The columns of a CSV file. */
const columns: Record<ExportedTable, string[]> = {
  charges: [
    'customer',
    'at',
    'procedure',
    'meter',
    'amount',
    'state',
    'transactionId',
    'subscription',
    'reference',
    'priceId',
    'flagged',
    'refundedAt',
  ],
  acts: ['at', 'customer', 'by', 'reason', 'act', 'before', 'after', 'id'],
}

const times = ['at', 'refundedAt']

/** How many characters are collected before each write. */
const chunkLength = 65_536

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'writes all charges and acts, or a whole customer, as JSON Lines or CSV',
  arguments: [],
  options: ['customer', 'format', 'only', 'out', 'ledger'],
  details: `Writes the charges of all customers and the record of acts, one JSON object per line. With --customer, writes
everything about one customer: balances, holds, daily totals, denials, charges and acts. The first line names
the ledger. The last line contains the number of rows, so an export without it is incomplete. CSV has one table
per file, so it needs --only. Servers can use the ledger at the same time. Each charge that exists when the
command starts appears once, unless it is pruned meanwhile. It has the state that it had when its page was
read, and shows refunds from before the command started. To export one point in time, export a copy of the
ledger. Never overwrites a file. Doesn't export keys and stored results.`,
  input: z.object({
    customer: fields.customer.optional(),
    format: z.enum(['jsonl', 'csv']).default('jsonl'),
    only: z.enum(['charges', 'acts']).optional(),
    out: z.string().min(1).optional(),
    ledger: z.string().optional(),
  }),
  async run({ customer = null, format, only = null, out, ...options }, context) {
    if (format === 'csv' && only === null)
      throw new UsageError(
        '--format csv needs --only charges or --only acts, because a CSV file has one table.',
      )
    await using ledger = await openLedger(options, context)
    if (customer !== null) await assertCustomer(ledger, customer)
    const query = { customer, only }
    const lines = format === 'csv' && only !== null ? csvLines(ledger, query, only) : jsonLines(ledger, query)
    if (out === undefined) {
      await writeChunks(lines, context.write)
      return { text: '', json: null }
    }
    const file = resolve(context.folder, out)
    await writeNewFile(file, lines)
    return { text: `Exported to ${file}.\n`, json: null }
  },
})

async function assertCustomer(ledger: Ledger, customer: string): Promise<void> {
  const { version } = await ledger.balances(customer)
  if (version === 0 && (await ledger.denials(customer)).length === 0)
    throw new CommandError(`The ledger has no customer ${customer}.`)
}

async function* jsonLines(ledger: Ledger, query: ExportQuery): AsyncGenerator<string> {
  yield line({ type: 'export', ledger: await ledger.id(), at: Date.now(), ...query })
  let rows = 0
  for await (const row of exportRows(ledger, query)) {
    yield line(row)
    rows += 1
  }
  yield line({ type: 'end', rows })
}

const line = (row: ExportedRow) => `${JSON.stringify(row)}\n`

async function* csvLines(ledger: Ledger, query: ExportQuery, table: ExportedTable): AsyncGenerator<string> {
  yield csvLine(columns[table])
  for await (const row of exportRows(ledger, query))
    yield csvLine(columns[table].map((name) => (times.includes(name) ? isoTime(row[name]) : row[name])))
}

const isoTime = (at: unknown) => (typeof at === 'number' ? new Date(at).toISOString() : at)

async function writeChunks(lines: AsyncIterable<string>, write: (text: string) => Promise<void>) {
  let chunk = ''
  for await (const text of lines) {
    chunk += text
    if (chunk.length < chunkLength) continue
    await write(chunk)
    chunk = ''
  }
  if (chunk !== '') await write(chunk)
}

/** Writes the lines to a new file, which gets its name when it is complete. */
async function writeNewFile(file: string, lines: AsyncIterable<string>): Promise<void> {
  if (existsSync(file)) throw new CommandError(`${file} already exists. An export never overwrites a file.`)
  if (!existsSync(dirname(file))) throw new CommandError(`The folder ${dirname(file)} does not exist.`)
  const unfinished = `${file}.${process.pid}.unfinished`
  try {
    const handle = await open(unfinished, 'wx', 0o600)
    try {
      await writeChunks(lines, (text) => handle.appendFile(text))
    } finally {
      await handle.close()
    }
    completeFile(unfinished, file)
  } finally {
    rmSync(unfinished, { force: true })
  }
}
