import type { Alert } from '../contract/alerts.ts'
import type { BalancesAnswer, RefreshedBalances } from '../contract/balances.ts'
import type { Budget, BudgetInput } from '../contract/budgets.ts'
import type { ChargeRow, UsageDay, UsageQuery } from '../contract/charges.ts'
import type { Forfeit, PlanChange, PlanOffer } from '../contract/plans.ts'
import type { BillingStatement, ChangePreview } from '../contract/statement.ts'
import type {
  BuiltRouter,
  DefaultErrorShape,
  MutationProcedure,
  QueryProcedure,
  SubscriptionProcedure,
} from './coreTypes.ts'

interface Definition<Input, Output> {
  input: Input
  output: Output
  meta: object
}
type Query<Input, Output> = QueryProcedure<Definition<Input, Output>>
type Mutation<Input, Output> = MutationProcedure<Definition<Input, Output>>
type Subscription<Input, Output> = SubscriptionProcedure<
  Definition<Input, AsyncIterable<Output, void, unknown>>
>
type Nothing = Record<string, never> | undefined

/**
 * The billing router's procedures. The types are explicit, because inferred types would refer to exports that
 * early versions of tRPC 11 don't have.
 */
export type BillingProcedures<Meter extends string, Dimension extends string = string> = {
  balances: Query<Nothing, BalancesAnswer<Meter>>
  /** Pushes the balances immediately and after each change. */
  onBalances: Subscription<Nothing, BalancesAnswer<Meter>>
  /**
   * Fetches a snapshot from Flowglad and returns the balances. Call this procedure when a customer returns
   * from the checkout.
   */
  refresh: Mutation<Nothing, RefreshedBalances<Meter>>
  /**
   * The usage per UTC day and meter, oldest first. Days without usage are omitted. If `by` is set, the usage per UTC
   * day, meter and value, for the meters that have this dimension. On each meter, the 100 values with the most units
   * have their own rows, and all other units count under `other`.
   */
  usage: Query<UsageQuery<Dimension> | undefined, UsageDay<Meter>[]>
  charges: Query<
    { limit?: number | undefined; cursor?: string | null | undefined } | undefined,
    { charges: ChargeRow<Meter>[]; nextCursor: string | null }
  >
  plans: Query<Nothing, PlanOffer<Meter>[]>
  /**
   * Opens a hosted checkout page. Calls with the same key return the same page while it is open. After the
   * customer has paid, such calls fail with `ALREADY_COMPLETED`. `forfeits` lists the pack units that the
   * customer loses when the payment succeeds. Takes no redirect URLs: the checkout always returns to this
   * app, whether the customer pays or cancels.
   */
  checkout: Mutation<
    { priceSlug: string; quantity?: number | undefined; 'idempotency-key'?: string | undefined },
    { url: string; forfeits: Forfeit[] }
  >
  /** The customer's payments, the amount overdue, and the next invoice. */
  statement: Query<Nothing, BillingStatement<Meter>>
  /** The charge and the grants that `changePlan` would cause for another paid plan. Changes nothing. */
  previewChange: Query<{ priceSlug: string }, ChangePreview<Meter>>
  changePlan: Mutation<{ priceSlug: string }, PlanChange>
  cancel: Mutation<Nothing, PlanChange>
  resume: Mutation<Nothing, PlanChange>
  budgets: Query<Nothing, { budgets: Budget<Meter>[] }>
  /**
   * Limits a meter's units over a window. Replaces the customer's budget for the same meter, scope and window. Fails
   * with `FORBIDDEN` unless the setup's `mayChangeBudgets` allows the caller to change budgets.
   */
  setBudget: Mutation<BudgetInput<Meter, Dimension>, { id: string }>
  /** Removes a budget. `removed` is false if no such budget exists. Requires the same permission as `setBudget`. */
  removeBudget: Mutation<{ id: string }, { removed: boolean }>
  /** The customer's alerts, newest first. `limit` is at most 100. Default: 50. */
  alerts: Query<{ limit?: number | undefined } | undefined, { alerts: Alert<Meter>[] }>
  /**
   * Pushes each new alert. If `after` (epoch milliseconds) is set, first pushes the alerts after that time, but at most
   * the newest 100. tRPC's client sends the same input again when it reconnects, so ignore alerts whose ID you already
   * have.
   */
  onAlerts: Subscription<{ after?: number | undefined } | undefined, Alert<Meter>>
}

/** The router that `billing.trpc.router` returns. */
export type BillingRouter<Meter extends string = string, Dimension extends string = string> = BuiltRouter<
  { ctx: object; meta: object; errorShape: DefaultErrorShape; transformer: false },
  BillingProcedures<Meter, Dimension>
>
