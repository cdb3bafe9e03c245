import { expect, test } from 'vitest'
import type { BalancesAnswer } from '../../src/contract/balances.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, type Stack, startStack } from '../flowglad/startStack.ts'

const ada = aUser()

/** The polling interval is longer than the test timeout, so only a commit on this node can wake a watcher. */
const noPolling = { started: false, options: { livePollMs: 600_000 } }

/**
 * Watches Ada's balances. `until` waits until the balance of `generations` has the given values. If these values
 * never arrive, the test times out.
 */
function watch({ billing }: Pick<Stack, 'billing'>) {
  const stop = new AbortController()
  const answers = billing.watch(ada, stop.signal)
  return {
    async until(expected: { used: number; held: number }) {
      for (;;) {
        const answer = await answers.next()
        if (answer.done) throw new Error('The watch ended')
        const { used, held } = generations(answer.value)
        if (used === expected.used && held === expected.held) return
      }
    },
    async stop() {
      stop.abort()
      return (await answers.next()).done
    },
  }
}

function generations({ balances }: BalancesAnswer) {
  const row = balances.find(({ meter }) => meter === 'generations')
  if (!row) throw new Error('The answer has no row for generations')
  return row
}

const spend = (stack: Stack, work: () => unknown = () => 'done') =>
  stack.billing.meter({ customer: ada, meter: 'generations', amount: 2 }, work)

test('pushes the balances after a settle on this node without waiting for the next poll', async () => {
  await using stack = await startStack(noPolling)
  await stack.billing.refresh(ada)
  const watching = watch(stack)
  await watching.until({ used: 0, held: 0 })
  await spend(stack)
  await watching.until({ used: 2, held: 0 })
  expect(await watching.stop()).toBe(true)
})

test('pushes the balances after a reserve and after a release', async () => {
  await using stack = await startStack(noPolling)
  await stack.billing.refresh(ada)
  const watching = watch(stack)
  await watching.until({ used: 0, held: 0 })
  const failing = spend(stack, async () => {
    await watching.until({ used: 0, held: 2 })
    throw new Error('the model is gone')
  })
  await expect(failing).rejects.toThrow('the model is gone')
  await watching.until({ used: 0, held: 0 })
})

test('pushes the balances after a change on another node', async () => {
  const ledger = sqliteLedger(':memory:')
  await using one = await startStack({ started: false, ledger })
  // The second node gets no commit notifications, so it sees the first node's commits only by polling.
  const other = { ...ledger, onCommit: () => () => {}, close: async () => {} }
  await using two = await startStack({ started: false, ledger: other, beside: one })
  await two.billing.refresh(ada)
  const watching = watch(two)
  await watching.until({ used: 0, held: 0 })
  await spend(one)
  await watching.until({ used: 2, held: 0 })
})

test('ends the stream when billing closes', async () => {
  const stack = await startStack(noPolling)
  await stack.billing.refresh(ada)
  const answers = stack.billing.watch(ada)
  await answers.next()
  const last = answers.next()
  await stack[Symbol.asyncDispose]()
  expect(await last).toEqual({ done: true, value: undefined })
})
