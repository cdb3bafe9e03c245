import { audit } from '../books/audit.ts'
import type { BenchServer } from '../comparison/BenchServer.ts'
import { progress } from '../progress.ts'
import type { Row, Section } from '../report.ts'
import { sum } from '../statistics.ts'

/**
 * Audits the servers' books, and returns the section's result. The servers must run until the result is
 * available.
 */
export async function auditAll(name: string, rows: Row[], servers: BenchServer[]): Promise<Section> {
  progress(`${name}: auditing the books`)
  const books = await Promise.all(servers.map((server) => server.books()))
  return {
    name,
    rows,
    problems: books.flatMap(audit),
    audited: sum(books.map(({ calls }) => calls)),
    isDelivered: true,
  }
}
