import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../src/config/clock.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { poison, spend } from './spending.ts'
import { aUser, startStack } from './startStack.ts'

const stepMs = 3_600_000

/**
 * Returns a clock that a test can step in both directions. As on a real machine, a clock step doesn't affect
 * running timers.
 */
function steppingClock(): Clock & { step(ms: number): void } {
  let offsetMs = 0
  return {
    now: () => Date.now() + offsetMs,
    after: systemClock.after,
    step(ms) {
      offsetMs += ms
    },
  }
}

test('still fetches before a denial after the clock has stepped back', async () => {
  const clock = steppingClock()
  const ledger = sqliteLedger(':memory:', { clock })
  await using stack = await startStack({ started: false, ledger, clock, options: { fetchBurst: 1 } })
  const user = aUser()
  clock.step(stepMs)
  await spend(stack, user, 1)
  await stack.billing.refresh(user)
  clock.step(-stepMs)
  await stack.billing.refresh(user)
  await stack.atFlowglad.pay(user, 'pro_monthly')
  await expect.poll(() => spend(stack, user, 400).catch(() => 'denied')).toBe('done')
})

test('does not delay the retry of a rejected event when the clock steps back', async () => {
  const clock = steppingClock()
  const ledger = sqliteLedger(':memory:', { clock })
  await using stack = await startStack({ ledger, clock })
  let poisoned = true
  await poison(stack, () => poisoned)
  clock.step(stepMs)
  expect(await stack.billing.drain()).toBe(false)
  clock.step(-stepMs)
  poisoned = false
  await expect.poll(() => stack.atFlowglad.events()).toMatchObject([{ amount: 2 }])
})

test('still refreshes snapshots in the background after the clock has stepped back', async () => {
  const clock = steppingClock()
  const ledger = sqliteLedger(':memory:', { clock })
  await using stack = await startStack({
    started: false,
    ledger,
    clock,
    options: { snapshotMaxAgeMs: 1_000 },
  })
  const user = aUser()
  await spend(stack, user, 1)
  clock.step(stepMs)
  await spend(stack, user, 1)
  const available = async () => (await stack.billing.balances(user)).balances[0]?.available
  await expect
    .poll(async () => (await stack.billing.balances(user)).asOf)
    .toBeGreaterThan(Date.now() + 60_000)
  clock.step(-stepMs)
  await stack.atFlowglad.pay(user, 'pro_monthly')
  await expect.poll(available).toBeGreaterThan(400)
})

test('closes within the grace period even if the clock steps back', async () => {
  const clock = steppingClock()
  const ledger = sqliteLedger(':memory:', { clock })
  const stack = await startStack({ started: false, ledger, clock, options: { shutdownGraceMs: 200 } })
  let finish = () => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  let started = false
  const work = stack.billing.meter({ customer: aUser(), meter: 'generations', amount: 1 }, async () => {
    started = true
    await finished
  })
  work.catch(() => {})
  await expect.poll(() => started).toBe(true)
  const closing = stack.billing.close()
  clock.step(-stepMs)
  await closing
  finish()
  await stack[Symbol.asyncDispose]()
})
