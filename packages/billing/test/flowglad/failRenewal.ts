import { movedLedger } from './movedLedger.ts'
import { aUser, type Stack, type StackSetup, startStack } from './startStack.ts'

export const day = 24 * 3_600_000
export const month = 31 * day
/** A test card that pays the first invoice but declines renewals. */
const failsLater = '4000000000000341'

type TimedSetup = Omit<StackSetup, 'ledger'>

/** Starts an app or a stack. `pass` advances the clocks of Flowglad and the ledger. */
export async function startTimed<S extends Stack>(
  setup: TimedSetup,
  start: (setup: StackSetup) => Promise<S>,
): Promise<S & { pass(ms: number): void }> {
  const { ledger, pass } = movedLedger()
  const options = { snapshotMaxStaleMs: 366 * day, fetchBurst: 1_000, ...setup.options }
  const stack = await start({ ...setup, ledger, options })
  return Object.assign(stack, {
    pass(ms: number) {
      stack.flowglad.advance(ms)
      pass(ms)
    },
  })
}

export const startTimedStack = (setup: TimedSetup = {}) => startTimed(setup, startStack)

type Timed = Stack & { pass(ms: number): void }

/** Buys a plan with a card that declines renewals, calls `use`, and advances the time to the first unpaid period. */
export async function failRenewal(
  stack: Pick<Timed, 'billing' | 'atFlowglad' | 'pass'>,
  priceSlug = 'pro_monthly',
  use: () => Promise<void> = async () => {},
) {
  const user = aUser()
  await stack.billing.balances(user)
  await stack.atFlowglad.pay(user, priceSlug, { card: failsLater })
  await stack.billing.refresh(user)
  await use()
  stack.pass(month)
  await stack.billing.refresh(user)
}
