import { type RouterInput, type RouterOutput, trpc } from '../api/trpc.ts'
import { DownloadButton } from '../parts/DownloadButton.tsx'

type Page = RouterOutput['operator']['acts']

/** Downloads the record of operators' changes as JSON, for one customer, or for all customers if `customer` is null. */
export function DownloadActs({ customer }: { customer: string | null }) {
  const { client } = trpc.useUtils()
  async function read() {
    const acts: Page['acts'] = []
    let after: RouterInput['operator']['acts']['after'] = null
    do {
      const page: Page = await client.operator.acts.query({ customer, after })
      acts.push(...page.acts)
      after = page.next
    } while (after !== null)
    return `${JSON.stringify(acts, null, 2)}\n`
  }
  const label = customer === null ? 'Download all changes' : 'Download JSON'
  return <DownloadButton label={label} name="studio-acts" type="application/json" read={read} />
}
