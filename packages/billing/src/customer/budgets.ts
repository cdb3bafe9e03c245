import type { Clock } from '../config/clock.ts'
import type { Budget, BudgetInput } from '../contract/budgets.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import { BudgetError, unavailable } from '../contract/errors.ts'
import type { Meters } from '../contract/meters.ts'
import * as fields from '../ledger/fields.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'
import { onLedger } from '../ledger/onLedger.ts'
import { budgetInput } from './budgetInput.ts'
import { budgetTerms } from './budgetTerms.ts'

/** Reads and changes a customer's budgets. */
export interface Budgets<Meter extends string = string, Dimension extends string = string> {
  /** Returns the customer's budgets, ordered by meter. */
  list(customer: KnownCustomer): Promise<Budget<Meter>[]>
  /**
   * Sets a budget. Replaces the customer's earlier budget for the same meter, scope and window, but never one of the
   * plan's budgets. A new budget counts the usage since its window began, so the customer may already have exceeded it.
   *
   * @throws {BudgetError} if the budget is invalid, or if the customer has too many budgets.
   */
  set(customer: KnownCustomer, budget: BudgetInput<Meter, Dimension>): Promise<{ id: string }>
  /** Removes a budget. Resolves to false if the customer has set no budget with this ID. */
  remove(customer: KnownCustomer, id: string): Promise<boolean>
}

interface Parts {
  ledger: Pick<LedgerForCalls, 'execute'>
  meters: Meters
  clock: Clock
  /** Fetches the customer's billing period if the ledger doesn't know it. */
  fetchPeriod: (customer: KnownCustomer) => Promise<unknown>
}

export function createBudgets({ ledger, meters, clock, fetchPeriod }: Parts): Budgets {
  const schema = budgetInput(meters)

  async function set(customer: KnownCustomer, given: BudgetInput): Promise<{ id: string }> {
    const terms = budgetTerms(parse(schema, given))
    const command = { type: 'setBudget', customer: customer.id, ...terms } as const
    const send = (usedSince: number) => onLedger(ledger.execute({ ...command, usedSince }))
    let answer = await send(Math.max(0, clock.now()))
    if (answer.state === 'needsSnapshot') {
      await fetchPeriod(customer)
      answer = await send(Math.max(0, clock.now()))
    }
    // The answer names the start of the window. If the window ends before the command is sent again, the next answer
    // names the start of the next window.
    for (let tries = 0; answer.state === 'needsUsage' && tries < 2; tries++) answer = await send(answer.since)
    if (answer.state === 'set') return { id: answer.id }
    if (answer.state !== 'tooMany') throw unavailable(1_000)
    throw new BudgetError(
      `You already have the maximum of ${answer.atMost} budgets. Remove one before you add another.`,
    )
  }

  return {
    async list({ id: customer }) {
      const { budgets } = await onLedger(ledger.execute({ type: 'listBudgets', customer }))
      return budgets
    },
    set,
    async remove({ id: customer }, id) {
      if (!fields.budgetId.safeParse(id).success) return false
      const answer = await onLedger(ledger.execute({ type: 'removeBudget', customer, id }))
      return answer.state === 'removed'
    },
  }
}

/** Returns the parsed budget. Throws a `BudgetError` if the budget is invalid. */
function parse(schema: ReturnType<typeof budgetInput>, given: BudgetInput): BudgetInput {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new BudgetError(`This budget is invalid: ${issue?.path.join('.')}: ${issue?.message}`)
}
