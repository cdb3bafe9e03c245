import type { Machine } from './machine.ts'

/** One row of a table: the value of each column. A value is null if the column doesn't apply to this row. */
export type Row = Record<string, string | number | null>

/** The result of one part of the benchmark. */
export interface Section {
  name: string
  rows: Row[]
  /** The problems that the audit found. Empty if the books balance. */
  problems: string[]
  /** The number of calls whose books were audited. */
  audited: number
  /** Whether the audit also compared the ledger's units with the units at Flowglad. */
  isDelivered: boolean
}

/**
 * Returns the report as Markdown: a line about the machine, then each section's table and the result of its
 * audit.
 */
export function toMarkdown(machine: Machine, sections: Section[]): string {
  const { processor, cores, memoryGiB, system, node, loadBefore } = machine
  const heading = `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, load ${loadBefore.toFixed(1)} before the run`
  const parts = sections.map(
    ({ name, rows, ...books }) => `### ${name}\n\n${table(rows)}\n\n${verdict(books)}`,
  )
  return [heading, ...parts].map((it) => `${it}\n`).join('\n')
}

const verdict = ({ problems, audited, isDelivered }: Omit<Section, 'name' | 'rows'>) =>
  problems.length === 0
    ? `The books balance: ${count(audited)} calls answered, every metered unit ${isDelivered ? 'booked and delivered' : 'booked'}, nothing held.`
    : `The books don't balance. ${count(problems.length)} problems, such as:\n\n${problems
        .slice(0, 10)
        .map((it) => `* ${it}`)
        .join('\n')}`

/** Returns the rows as a Markdown table. Omits columns without values. */
export function table(rows: Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => row[column] !== null && row[column] !== undefined),
  )
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`
  const isText = (column: string) => rows.some((row) => typeof row[column] === 'string')
  return [
    line(columns),
    line(columns.map((column) => (isText(column) ? '---' : '---:'))),
    ...rows.map((row) => line(columns.map((column) => cell(row[column])))),
  ].join('\n')
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (Math.abs(value) >= 100) return count(Math.round(value))
  return value.toLocaleString('en', { maximumSignificantDigits: Math.abs(value) < 0.1 ? 2 : 3 })
}

const count = (value: number) => value.toLocaleString('en')
