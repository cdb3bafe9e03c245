import { randomBytes } from 'node:crypto'
import type { Clock } from '../config/clock.ts'
import type { Budget, BudgetInput } from '../contract/budgets.ts'
import type { KnownCustomer } from '../contract/customer.ts'
import { BudgetError, unavailable } from '../contract/errors.ts'
import type { LedgerForCalls } from '../ledger/ledger.ts'

export type Budgets = ReturnType<typeof createBudgets>

/** Creates the functions that read and change a customer's budgets. */
export function createBudgets({
  ledger,
  clock,
  fetchPeriod,
}: {
  ledger: Pick<LedgerForCalls, 'execute'>
  clock: Clock
  /** Makes sure that the ledger knows the customer's billing period. */
  fetchPeriod: (customer: KnownCustomer) => Promise<unknown>
}) {
  return {
    /** Returns the customer's budgets, ordered by meter. */
    async list({ id: customer }: KnownCustomer): Promise<Budget[]> {
      const { budgets } = await ledger.execute({ type: 'listBudgets', customer })
      return budgets.toSorted((a, b) => (a.meter + a.window < b.meter + b.window ? -1 : 1))
    },

    /**
     * Sets a budget. Replaces the customer's budget for the same meter and window. The budget counts the usage since
     * its window began, so it can be exceeded already.
     *
     * @throws {BudgetError} if the customer has too many budgets.
     */
    async set(
      customer: KnownCustomer,
      { meter, limit, window, timeZone }: BudgetInput,
    ): Promise<{ id: string }> {
      const isCalendar = window === 'day' || window === 'month'
      const command = {
        type: 'setBudget',
        customer: customer.id,
        // Holds contain this ID, so it is short. It has to be unique only among the customer's budgets.
        instance: randomBytes(9).toString('base64url'),
        meter,
        limit,
        window,
        timeZone: isCalendar ? (timeZone ?? 'UTC') : null,
      } as const
      let usedSince = Math.max(0, clock.now())
      // The first answer contains the time from which usage is needed. If the window then ends, another answer follows.
      for (let attempt = 0; attempt < 5; attempt++) {
        const answer = await ledger.execute({ ...command, usedSince })
        switch (answer.state) {
          case 'set':
            return { id: answer.id }
          case 'needsUsage':
            usedSince = answer.since
            break
          case 'needsSnapshot':
            await fetchPeriod(customer)
            break
          case 'tooMany':
            throw new BudgetError(
              `There are already ${answer.atMost} budgets, the maximum. Remove one before you add another.`,
            )
          default:
            answer satisfies never
        }
      }
      throw unavailable(1_000)
    },

    /** Removes a budget. Resolves to false if the customer has no budget with this ID. */
    async remove({ id: customer }: KnownCustomer, id: string): Promise<boolean> {
      const answer = await ledger.execute({ type: 'removeBudget', customer, id })
      return answer.state === 'removed'
    },
  }
}
