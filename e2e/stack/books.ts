/** What Flowglad itself says: the other side of every balance on the screen. */
export interface Books {
  /** Flowglad's `availableBalance` by meter slug. */
  balances(customer: string): Promise<Record<string, number>>
  /** Units of all usage events of the customer, by meter slug. */
  used(customer: string): Promise<Record<string, number>>
  /** Ids (`transactionId`) of all of the customer's usage events. */
  transactions(customer: string): Promise<string[]>
  /** The price slug of the current subscription. */
  plan(customer: string): Promise<string | undefined>
  /** Moves Flowglad's clock. */
  advance(ms: number): Promise<void>
  /** Pays (or fails to pay) a checkout as its page would. */
  complete(session: string, outcome?: 'declined'): Promise<void>
}

interface UsageEvent {
  customerId: string
  usageMeterId: string
  amount: number
  transactionId: string
}

export function flowgladBooks({ url, key }: { url: string; key: string }): Books {
  async function ask(path: string, body?: object) {
    const response = await fetch(url + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: key, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return response.json()
  }
  const billing = (customer: string) => ask(`/api/v1/customers/${customer}/billing`)

  async function events(customer: string): Promise<{ slug: string; event: UsageEvent }[]> {
    const { customer: record, pricingModel } = await billing(customer)
    const slugs = new Map(
      pricingModel.usageMeters.map((it: { id: string; slug: string }) => [it.id, it.slug]),
    )
    const all: UsageEvent[] = []
    let cursor: string | undefined
    do {
      const page = await ask(
        `/api/v1/usage-events?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      )
      for (const row of page.data) all.push(row.usageEvent ?? row)
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    return all
      .filter((event) => event.customerId === record.id)
      .map((event) => ({ slug: String(slugs.get(event.usageMeterId)), event }))
  }

  return {
    async balances(customer) {
      const { usageMeterBalances } = await ask(`/api/v1/customers/${customer}/usage-balances`)
      return Object.fromEntries(
        usageMeterBalances.map((it: { slug: string; availableBalance: number }) => [
          it.slug,
          it.availableBalance,
        ]),
      )
    },
    async used(customer) {
      const used: Record<string, number> = {}
      for (const { slug, event } of await events(customer)) used[slug] = (used[slug] ?? 0) + event.amount
      return used
    },
    async transactions(customer) {
      return (await events(customer)).map(({ event }) => event.transactionId)
    },
    async plan(customer) {
      const { currentSubscription } = await billing(customer)
      return currentSubscription?.subscriptionItems[0]?.price?.slug
    },
    async advance(ms) {
      await ask('/__test__/clock/advance', { ms })
    },
    async complete(session, outcome) {
      await ask(`/__test__/checkout-sessions/${session}/complete`, outcome ? { outcome } : {})
    },
  }
}
