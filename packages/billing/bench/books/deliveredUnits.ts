import { z } from 'zod'
import { granted } from '../app/pricing.ts'
import type { FlowgladAddress } from '../app/usualApp.ts'

const answer = z.object({ usageMeterBalances: z.array(z.object({ availableBalance: z.number() })) })

/** Returns the number of units that Flowglad has recorded for the customer. */
export async function deliveredUnits({ url, key }: FlowgladAddress, customer: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/customers/${customer}/usage-balances`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { usageMeterBalances } = answer.parse(await response.json())
  return usageMeterBalances.reduce((total, { availableBalance }) => total + granted - availableBalance, 0)
}
