import { trpc } from '../api/trpc.ts'
import { DownloadButton } from '../parts/DownloadButton.tsx'
import { type Charge, chargesCsv } from './chargesCsv.ts'

const pageSize = 100

/** Downloads all charges as a CSV file, including charges that are not on the screen. */
export function DownloadCharges() {
  const { client } = trpc.useUtils()
  async function read() {
    const charges: Charge[] = []
    let cursor: string | null = null
    do {
      const page: { charges: Charge[]; nextCursor: string | null } = await client.billing.charges.query({
        limit: pageSize,
        ...(cursor === null ? {} : { cursor }),
      })
      charges.push(...page.charges)
      cursor = page.nextCursor
    } while (cursor !== null)
    return chargesCsv(charges)
  }
  return <DownloadButton label="Download CSV" name="studio-charges" type="text/csv" read={read} />
}
