import { expect } from 'vitest'
import { BillingError } from '../../src/index.ts'
import { aUser, type Stack } from '../flowglad/startStack.ts'

const users = ['ada', 'bob', 'cleo', 'dan', 'eve', 'finn']

/**
 * Starts six callers, each on one of the nodes. After a failure, a caller retries with the same key, as a client
 * does.
 */
export function startCallers(nodes: [Stack, ...Stack[]]) {
  const answered: string[] = []
  let working = true
  async function work({ billing }: Stack, user: string) {
    for (let call = 0; working; call += 1) {
      for (let isAnswered = false; !isAnswered && working; ) {
        try {
          const id = await billing.meter(
            { customer: aUser(user), meter: 'tokens', key: `${user}-${call}` },
            ({ attempt }) => attempt,
          )
          answered.push(id)
          isAnswered = true
        } catch (error) {
          if (!(error instanceof BillingError)) throw error
          expect(error.denial.code).toMatch(/BILLING_UNAVAILABLE|IN_PROGRESS/)
        }
      }
    }
  }
  const workers = Promise.all(users.map((user, index) => work(nodes[index % nodes.length] ?? nodes[0], user)))
  return {
    users,
    /** The attempts of successful calls. */
    answered,
    /** Waits until the given number of further calls have succeeded. */
    async expectMore(calls: number) {
      const enough = answered.length + calls
      await expect.poll(() => answered.length).toBeGreaterThanOrEqual(enough)
    },
    async stop() {
      working = false
      await workers
    },
  }
}

/** Returns the attempts of all usage events at Flowglad. */
export async function deliveredTo({ atFlowglad }: Stack): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: { data: { transactionId: string }[]; nextCursor: string | null } = await atFlowglad.sdk.get(
      '/api/v1/usage-events',
      { query: { limit: 100, ...(cursor ? { cursor } : {}) } },
    )
    ids.push(...page.data.map(({ transactionId }) => transactionId))
    cursor = page.nextCursor
  } while (cursor)
  return ids
}
