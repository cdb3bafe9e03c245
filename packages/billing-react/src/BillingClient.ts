import type {
  Alert,
  BalancesAnswer,
  BillingStatement,
  Budget,
  BudgetInput,
  ChangePreview,
  ChargeRow,
  Forfeit,
  PlanChange,
  PlanOffer,
  RefreshedBalances,
  UsageDay,
  UsageQuery,
} from '@metered/billing/client'

/** `nextCursor` is the next page's `cursor`, or null on the last page. */
export interface ChargesPage<Meter extends string = string> {
  charges: ChargeRow<Meter>[]
  nextCursor: string | null
}

/** The app's own meters, inferred from its client: `MeterOf<typeof client.billing>`. */
export type MeterOf<Client extends { balances: { query(): Promise<BalancesAnswer> } }> = Awaited<
  ReturnType<Client['balances']['query']>
>['balances'][number]['meter']

/** The app's own dimensions, inferred from its client: `DimensionOf<typeof client.billing>`. */
export type DimensionOf<Client extends { usage: { query(input: never): unknown } }> = Exclude<
  Extract<Parameters<Client['usage']['query']>[0], { by?: unknown }>['by'],
  undefined
>

/**
 * The input of mutations without parameters: an empty object. Without it, an unbatched call would have an empty body,
 * and servers reject an empty body as invalid JSON.
 */
type NoInput = Record<string, never>

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
 * The billing part of a tRPC client, such as `client.billing`. The type is structural, so the app can mount
 * the billing router at any path, and tests can pass a fake. A failed call rejects with a tRPC client error.
 */
export interface BillingClient<Meter extends string = string, Dimension extends string = never> {
  balances: { query(input?: undefined, call?: Call): Promise<BalancesAnswer<Meter>> }
  onBalances: {
    subscribe(input: undefined, events: StreamEvents<BalancesAnswer<Meter>>): { unsubscribe(): void }
  }
  refresh: { mutate(input: NoInput, call?: Call): Promise<RefreshedBalances<Meter>> }
  usage: { query(input: UsageQuery<Dimension>, call?: Call): Promise<UsageDay<Meter>[]> }
  charges: {
    query(input: { cursor?: string; limit: number }, call?: Call): Promise<ChargesPage<Meter>>
  }
  plans: { query(input?: undefined, call?: Call): Promise<PlanOffer<Meter>[]> }
  checkout: {
    mutate(
      input: { priceSlug: string; quantity?: number },
      call?: Call & { context?: Record<string, unknown> },
    ): Promise<{ url: string; forfeits: Forfeit[] }>
  }
  statement: { query(input?: undefined, call?: Call): Promise<BillingStatement<Meter>> }
  previewChange: { query(input: { priceSlug: string }, call?: Call): Promise<ChangePreview<Meter>> }
  changePlan: { mutate(input: { priceSlug: string }, call?: Call): Promise<PlanChange> }
  cancel: { mutate(input: NoInput, call?: Call): Promise<PlanChange> }
  budgets: { query(input?: undefined, call?: Call): Promise<{ budgets: Budget<Meter>[] }> }
  setBudget: { mutate(input: BudgetInput<Meter, Dimension>): Promise<{ id: string }> }
  removeBudget: { mutate(input: { id: string }): Promise<{ removed: boolean }> }
  alerts: { query(input?: undefined, call?: Call): Promise<{ alerts: Alert<Meter>[] }> }
  resume: { mutate(input: NoInput, call?: Call): Promise<PlanChange> }
}
