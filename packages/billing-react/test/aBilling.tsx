import type { BalanceRow, BalancesAnswer, BillingStatement, ChangePreview } from '@metered/billing/client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { type BillingClient, createBillingHooks } from '../src/index.ts'

export type Meter = 'generations' | 'tokens'
export type Dimension = 'member' | 'model'

export const hooks = createBillingHooks<Meter, Dimension>()

export function aRow(row: Partial<BalanceRow<Meter>> = {}): BalanceRow<Meter> {
  const { limit = 10, used = 4, held = 0, unlimited = false } = row
  const available = unlimited || limit === null ? null : limit - used - held
  return {
    meter: 'generations',
    name: 'Generations',
    available,
    held,
    used,
    limit,
    adjusted: 0,
    unlimited,
    share: unlimited || limit === null ? 0 : used / limit,
    status: available === 0 && held === 0 ? 'exhausted' : 'ok',
    renewsAt: null,
    asOf: 0,
    parked: 0,
    version: 1,
    ...row,
  }
}

export function anAnswer({
  customer = 'anna',
  version = 1,
  plan = 'Free',
  features = [],
  lastAlertAt = 0,
  ...row
}: Partial<BalanceRow<Meter>> & {
  customer?: string
  plan?: string
  features?: string[]
  lastAlertAt?: number
} = {}): BalancesAnswer<Meter> {
  return {
    customer,
    version,
    lastAlertAt,
    asOf: 0,
    balances: [aRow({ ...row, version })],
    plan: {
      name: plan,
      priceSlug: plan.toLowerCase(),
      isFree: plan === 'Free',
      status: 'active',
      renewsAt: null,
      cancelsAt: null,
      changesAt: null,
      features,
    },
  }
}

const aStatement = (): BillingStatement<Meter> => ({
  payments: [],
  hasOlder: false,
  overdue: null,
  next: null,
  overage: [],
  changesTo: null,
  prorated: [],
  unlimitedPacks: [],
  method: null,
})

const aPreview = (): ChangePreview<Meter> => ({
  timing: 'now',
  effectiveAt: 0,
  currency: 'USD',
  charge: 0,
  credit: 0,
  overage: [],
  isMaximum: false,
  isEstimate: false,
  price: 0,
  nextChargeAt: null,
  method: null,
  prorated: [],
})

/** Returns a fake billing client. The test supplies the responses and the stream's events. */
export function aClient(answers: Partial<{ [Name in keyof BillingClient]: () => Promise<unknown> }> = {}) {
  const received: string[] = []
  const streams: Parameters<BillingClient<Meter>['onBalances']['subscribe']>[1][] = []
  const open = new Set<object>()
  const call =
    <Answer,>(name: keyof BillingClient, fallback: () => Answer) =>
    async () => {
      received.push(name)
      return ((await answers[name]?.()) ?? fallback()) as Answer
    }
  const change = () => ({ plan: null, effectiveAt: 0, forfeits: [], charged: null })
  const client: BillingClient<Meter> = {
    balances: { query: call('balances', anAnswer) },
    onBalances: {
      subscribe(_input, events) {
        streams.push(events)
        open.add(events)
        return { unsubscribe: () => open.delete(events) }
      },
    },
    refresh: { mutate: call('refresh', () => ({ ...anAnswer(), ageMs: 0 })) },
    usage: { query: call('usage', () => []) },
    charges: { query: call('charges', () => ({ charges: [], nextCursor: null })) },
    plans: { query: call('plans', () => []) },
    checkout: { mutate: call('checkout', () => ({ url: 'https://checkout.test/1', forfeits: [] })) },
    statement: { query: call('statement', aStatement) },
    previewChange: { query: call('previewChange', aPreview) },
    changePlan: { mutate: call('changePlan', change) },
    cancel: { mutate: call('cancel', change) },
    resume: { mutate: call('resume', change) },
    budgets: { query: call('budgets', () => ({ budgets: [] })) },
    setBudget: { mutate: call('setBudget', () => ({ id: 'month generations' })) },
    removeBudget: { mutate: call('removeBudget', () => ({ removed: true })) },
    alerts: { query: call('alerts', () => ({ alerts: [] })) },
  }
  const newestStream = () => {
    const stream = streams.at(-1)
    if (stream === undefined) throw new Error('The client has not opened a stream.')
    return stream
  }
  return {
    client,
    requests: (name: keyof BillingClient) => received.filter((it) => it === name).length,
    openStreams: () => open.size,
    push: (answer: BalancesAnswer<Meter>) => act(async () => newestStream().onData(answer)),
    connection: (state: 'connecting' | 'pending') =>
      act(async () => newestStream().onConnectionStateChange({ state })),
    breakStream: (error = new Error('502')) => act(async () => newestStream().onError(error)),
  }
}

export function render<Result>(
  use: () => Result,
  {
    client,
    customer = 'anna',
    onCustomerChange,
  }: {
    client: BillingClient<Meter>
    customer?: string | null
    onCustomerChange?: (customer: string) => void
  },
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } }),
) {
  let signedIn = customer
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queryClient}>
      <hooks.BillingProvider
        client={client}
        customer={signedIn}
        {...(onCustomerChange && { onCustomerChange })}
      >
        {children}
      </hooks.BillingProvider>
    </QueryClientProvider>
  )
  const rendered = renderHook(use, { wrapper })
  return {
    ...rendered,
    queryClient,
    signIn(next: string | null) {
      signedIn = next
      rendered.rerender()
    },
  }
}

/** Returns the error that a tRPC client throws for a denial. */
export function aDenial(billing: object): Error {
  return Object.assign(new Error('denied'), { data: { billing } })
}

export function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
