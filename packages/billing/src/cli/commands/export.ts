import { existsSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { counted } from '../../config/counted.ts'
import * as fields from '../../ledger/fields.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { completeFile } from '../../ledger/stores/sqlite/completeFile.ts'
import { CommandError, defineCommand, UsageError } from '../command.ts'
import { csvLine } from '../csv.ts'
import { type ExportedRow, type ExportedTable, exportRows } from '../exportRows.ts'
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

/** How many characters to collect before each write. */
const chunkLength = 65_536

export const exportCommand = defineCommand({
  name: 'export',
  summary: "exports all charges and operators' changes, or all data of one customer",
  arguments: [],
  options: ['customer', 'format', 'only', 'out', 'ledger'],
  details: `Writes all customers' charges and all operators' changes (acts), one JSON object per line. With --customer,
writes all data of one customer: balances, budgets, alerts, holds, daily totals (overall and by value), denials,
charges and acts. The first line names the ledger. The last line contains the number of rows, so an export
without it is incomplete. A CSV file has neither of these lines. It contains one table, so it needs --only.
Servers can use the ledger at the same time. Each charge that exists when the command starts appears once,
unless it is pruned during the export. Its row shows the state at the time when the row was read, and only
refunds from before the command started. To export one point in time, export a copy of the ledger. Never
overwrites a file. Doesn't export keys or stored results.`,
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
    let count = 0
    async function* rows(): AsyncGenerator<ExportedRow> {
      for await (const row of exportRows(ledger, query)) {
        yield row
        count += 1
        // Without `out`, the terminal may show the rows, so progress must not be written between them.
        if (out !== undefined && count % 1_000 === 0) context.progress(`Exported ${count} rows`)
      }
    }
    const header = { type: 'export', ledger: await ledger.id(), at: Date.now(), ...query }
    const lines = format === 'csv' && only !== null ? csvLines(rows(), only) : jsonLines(rows(), header)
    if (out === undefined) {
      await writeChunks(lines, context.write)
      return { text: '', json: null }
    }
    const file = resolve(context.folder, out)
    await writeNewFile(file, lines)
    return { text: `Exported ${counted(count, 'row')} to ${file}.\n`, json: null }
  },
})

async function assertCustomer(ledger: Ledger, customer: string): Promise<void> {
  const { version } = await ledger.balances(customer)
  if (version === 0 && (await ledger.denials(customer)).length === 0)
    throw new CommandError(`The ledger has no customer ${customer}. Check the ID.`)
}

async function* jsonLines(rows: AsyncIterable<ExportedRow>, header: ExportedRow): AsyncGenerator<string> {
  yield line(header)
  let count = 0
  for await (const row of rows) {
    yield line(row)
    count += 1
  }
  yield line({ type: 'end', rows: count })
}

const line = (row: ExportedRow) => `${JSON.stringify(row)}\n`

async function* csvLines(rows: AsyncIterable<ExportedRow>, table: ExportedTable): AsyncGenerator<string> {
  yield csvLine(columns[table])
  for await (const row of rows)
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

/** Writes the lines to a new file. The file gets its final name only when it is complete. */
async function writeNewFile(file: string, lines: AsyncIterable<string>): Promise<void> {
  if (existsSync(file))
    throw new CommandError(
      `${file} already exists. Pass another path, because an export never overwrites a file.`,
    )
  if (!existsSync(dirname(file)))
    throw new CommandError(`The folder ${dirname(file)} does not exist. Create it, or pass another path.`)
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
