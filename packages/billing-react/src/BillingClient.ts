import type {
  BalancesAnswer,
  ChargeRow,
  PlanChange,
  PlanOffer,
  RefreshedBalances,
  UsageDay,
} from '@metered/billing/client'

/** `nextCursor` is the `cursor` of the page after; null on the last. */
export interface ChargesPage<Meter extends string = string> {
  charges: ChargeRow<Meter>[]
  nextCursor: string | null
}

/** The app's own meters, out of its client: `MeterOf<typeof trpc.billing>`. */
export type MeterOf<Client extends { balances: { query(): Promise<BalancesAnswer> } }> = Awaited<
  ReturnType<Client['balances']['query']>
>['balances'][number]['meter']

/** `{}` rather than nothing: without a batch around it, an empty body is no JSON, and servers refuse it. */
type Nothing = Record<string, never>

interface Call {
  signal?: AbortSignal
}

interface StreamEvents<Data> {
  onData: (data: Data) => void
  onError: (error: Error) => void
  onComplete: () => void
  onConnectionStateChange: (connection: { state: 'idle' | 'connecting' | 'pending' }) => void
}

/**
 * The billing router's client, by shape: a tRPC client's sub-router (`trpc.billing`) fits wherever the app mounted it, and so does a
 * double in a test. Calls reject with tRPC's client error.
 */
export interface BillingClient<Meter extends string = string> {
  balances: { query(input?: undefined, call?: Call): Promise<BalancesAnswer<Meter>> }
  onBalances: {
    subscribe(input: undefined, events: StreamEvents<BalancesAnswer<Meter>>): { unsubscribe(): void }
  }
  refresh: { mutate(input: Nothing, call?: Call): Promise<RefreshedBalances<Meter>> }
  usage: { query(input: { days: number }, call?: Call): Promise<UsageDay<Meter>[]> }
  charges: {
    query(input: { cursor?: string; limit: number }, call?: Call): Promise<ChargesPage<Meter>>
  }
  plans: { query(input?: undefined, call?: Call): Promise<PlanOffer<Meter>[]> }
  checkout: {
    mutate(input: { priceSlug: string; quantity?: number }, call?: Call): Promise<{ url: string }>
  }
  changePlan: { mutate(input: { priceSlug: string }, call?: Call): Promise<PlanChange> }
  cancel: { mutate(input: Nothing, call?: Call): Promise<PlanChange> }
  resume: { mutate(input: Nothing, call?: Call): Promise<PlanChange> }
}
