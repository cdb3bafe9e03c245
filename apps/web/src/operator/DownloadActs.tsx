import { useMutation } from '@tanstack/react-query'
import { type RouterInput, type RouterOutput, trpc } from '../api/trpc.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import section from '../parts/Section.module.css'
import { saveFile } from '../parts/saveFile.ts'

type Page = RouterOutput['operator']['acts']

/** Downloads the complete record of acts as JSON. */
export function DownloadActs({ customer }: { customer: string | null }) {
  const { client } = trpc.useUtils()
  const download = useMutation({
    mutationFn: async () => {
      const acts: Page['acts'] = []
      let after: RouterInput['operator']['acts']['after'] = null
      do {
        const page: Page = await client.operator.acts.query({ customer, after })
        acts.push(...page.acts)
        after = page.next
      } while (after !== null)
      const name = `studio-acts-${new Date().toISOString().slice(0, 10)}.json`
      saveFile({ text: `${JSON.stringify(acts, null, 2)}\n`, name, type: 'application/json' })
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
        {download.isPending ? 'Preparing…' : customer === null ? 'Download all acts' : 'Download JSON'}
      </BusyButton>
    </>
  )
}
