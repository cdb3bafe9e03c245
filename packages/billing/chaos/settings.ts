import { defineMeters } from '../src/index.ts'
import { grant, meter, plan } from '../test/flowglad/pricing.ts'

/** The meter `renders` charges for work even if its process dies. */
export const meters = defineMeters({ units: {}, renders: { onExpiry: 'settle' } })

/**
 * The units of each meter that a new customer is granted. The number is small, so that customers often reach their
 * limit.
 */
export const granted = 25

/** A pricing model with one free plan. */
export const pricing = JSON.stringify({
  name: 'Chaos',
  isDefault: true,
  usageMeters: [meter('units'), meter('renders')],
  features: [grant('free_units', granted, 'units'), grant('free_renders', granted, 'renders')],
  products: [plan('free', 0, ['free_units', 'free_renders'])],
})

export const holdTtlMs = 3_000

/** These durations are short, so that many holds and leases end during a run. */
export const options = {
  holdTtlMs,
  maxHoldMs: 20_000,
  sweepMs: 500,
  countEveryMs: 300,
  snapshotMaxAgeMs: 3_000,
  decisionMs: 1_000,
  flowgladDeadlineMs: 1_000,
  leaseMs: 2_000,
  fetchEveryMs: 200,
  deliverAfterMs: 50,
  deliverEveryMs: 300,
  deliverMaxPauseMs: 1_000,
  settleAnswerMs: 6_000,
}

export const ledgerOptions = { outOfReachAfterMs: 3_000, transactionTimeoutMs: 1_500, silentAfterMs: 3_000 }
