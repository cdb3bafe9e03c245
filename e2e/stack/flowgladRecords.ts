/**
 * Reads Flowglad's records, which tests compare with the app's data. Also controls flowglad-local's clock and
 * checkouts.
 */
export interface FlowgladRecords {
  /** Returns Flowglad's `availableBalance` by meter slug. */
  balances(customer: CustomerId): Promise<Record<string, number>>
  /** Returns the customer's total usage by meter slug. */
  used(customer: CustomerId): Promise<Record<string, number>>
  /** Returns the `transactionId` of each of the customer's usage events. */
  transactions(customer: CustomerId): Promise<string[]>
  /** Returns the current subscription's price slug. */
  plan(customer: CustomerId): Promise<string | undefined>
  /** Returns the address of the customer's page in the billing portal. */
  portalUrl(customer: CustomerId): Promise<string>
  /** Moves Flowglad's clock forward. */
  advanceClock(ms: number): Promise<void>
  /** Pays for a checkout without opening its page. `card` is the number of a test card. */
  payCheckout(url: string, card?: string): Promise<void>
}

interface CustomerId {
  id: string
}

interface UsageEvent {
  customerId: string
  usageMeterId: string
  amount: number
  transactionId: string
}

export function flowgladRecords({ url, key }: { url: string; key: string }): FlowgladRecords {
  async function request(path: string, body?: object) {
    const response = await fetch(url + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: key, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`${path} returned ${response.status}: ${await response.text()}`)
    return response.json()
  }
  const billing = ({ id }: CustomerId) => request(`/api/v1/customers/${id}/billing`)

  async function usageEvents(customer: CustomerId): Promise<{ meter: string; event: UsageEvent }[]> {
    const { customer: record, pricingModel } = await billing(customer)
    const slugs = new Map(
      pricingModel.usageMeters.map((it: { id: string; slug: string }) => [it.id, it.slug]),
    )
    const events: UsageEvent[] = []
    let cursor: string | undefined
    do {
      const page = await request(
        `/api/v1/usage-events?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      )
      for (const row of page.data) events.push(row.usageEvent ?? row)
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    return events
      .filter((event) => event.customerId === record.id)
      .map((event) => ({ meter: String(slugs.get(event.usageMeterId)), event }))
  }

  return {
    async balances({ id }) {
      const { usageMeterBalances } = await request(`/api/v1/customers/${id}/usage-balances`)
      return Object.fromEntries(
        usageMeterBalances.map((it: { slug: string; availableBalance: number }) => [
          it.slug,
          it.availableBalance,
        ]),
      )
    },
    async used(customer) {
      const used: Record<string, number> = {}
      for (const { meter, event } of await usageEvents(customer))
        used[meter] = (used[meter] ?? 0) + event.amount
      return used
    },
    async transactions(customer) {
      return (await usageEvents(customer)).map(({ event }) => event.transactionId)
    },
    async plan(customer) {
      const { currentSubscription } = await billing(customer)
      return currentSubscription?.subscriptionItems[0]?.price?.slug
    },
    async portalUrl(customer) {
      const { billingPortalUrl } = await billing(customer)
      return `${billingPortalUrl}/${customer.id}`
    },
    async advanceClock(ms) {
      await request('/__test__/clock/advance', { ms })
    },
    async payCheckout(checkoutUrl, card) {
      const session = new URL(checkoutUrl).pathname.split('/').at(-1)
      await request(`/__test__/checkout-sessions/${session}/complete`, { card })
    },
  }
}
