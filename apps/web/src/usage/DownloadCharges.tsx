import { useMutation } from '@tanstack/react-query'
import { trpc } from '../api/trpc.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import section from '../parts/Section.module.css'
import { saveFile } from '../parts/saveFile.ts'
import { type Charge, chargesCsv } from './chargesCsv.ts'

const pageSize = 100

/** Downloads all charges as a CSV file, including charges that are not on the screen. */
export function DownloadCharges() {
  const { client } = trpc.useUtils()
  const download = useMutation({
    mutationFn: async () => {
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
      const name = `studio-charges-${new Date().toISOString().slice(0, 10)}.csv`
      saveFile({ text: chargesCsv(charges), name, type: 'text/csv' })
    },
  })
  return (
    <>
      {download.isError && (
        <p role="alert" className={section.problem}>
          The download failed. Try again.
        </p>
      )}
      <BusyButton variant="default" size="xs" busy={download.isPending} onClick={() => download.mutate()}>
        {download.isPending ? 'Preparing…' : 'Download CSV'}
      </BusyButton>
    </>
  )
}
