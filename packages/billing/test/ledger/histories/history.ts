import fc from 'fast-check'

/**
 * These generators build a history's steps. A step refers to a reserve, fetch or delivery by its position:
 * `nth` or `slot`.
 */
const amount = fc.integer({ min: 1, max: 12 })
/** At most two values per meter and dimension have separate totals, so some of these values count under `other`. */
const labels = fc.uniqueArray(
  fc.record({
    dimension: fc.constantFrom('member', 'model'),
    value: fc.constantFrom('a', 'a', 'b', 'c', '__proto__'),
    atMost: fc.constantFrom(2, 2, 2, 1),
  }),
  { selector: (it) => it.dimension, maxLength: 2 },
)
const leg = fc.record({
  meter: fc.constantFrom('pictures', 'tokens'),
  amount,
  liftable: fc.boolean(),
  onExpiry: fc.constantFrom('release', 'release', 'settle'),
  labels: fc.option(labels, { nil: undefined }),
})
const nth = fc.nat({ max: 11 })
const slot = fc.nat({ max: 1 })
/** Lease durations: a lease of 1 ms usually expires before the next step. */
const leaseMs = fc.constantFrom(1, 30_000)

const call = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('reserve'),
      legs: fc.uniqueArray(leg, { selector: (it) => it.meter, minLength: 1, maxLength: 2 }),
      key: fc.option(fc.constantFrom('k1', 'k2')),
      fingerprint: fc.constantFrom('a', 'a', 'a', 'b'),
      ttlMs: fc.constantFrom(1000, 60_000),
      maxHoldMs: fc.constantFrom(2000, 120_000),
      decisive: fc.boolean(),
      leaves: fc.constantFrom('free', 'free', 'none', undefined),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('settle'),
      nth,
      amount: fc.option(fc.nat({ max: 20 })),
      result: fc.option(fc.constantFrom('"r1"', '"r2"')),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settleUnknown'), amount, labels }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('keepResult'),
      key: fc.constantFrom('u1', 'u2'),
      fingerprint: fc.constantFrom('a', 'a', 'a', 'b'),
      result: fc.constantFrom('"r1"', '"r2"'),
      replaces: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reserveAgain'), nth }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('release'), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('renew'),
      nth,
      counted: fc.option(
        fc.uniqueArray(
          fc.record({
            meter: fc.constantFrom('pictures', 'tokens'),
            amount: fc.integer({ min: 1, max: 20 }),
          }),
          { selector: (it) => it.meter, maxLength: 2 },
        ),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('expire') }) },
)

const step = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('setBudget'),
      meter: fc.constantFrom('pictures', 'tokens'),
      window: fc.constantFrom('hour', 'day', 'period'),
      limit: fc.nat({ max: 40 }),
      mode: fc.constantFrom('block', 'block', 'notify'),
      thresholds: fc.subarray([50, 80, 100]),
      scope: fc.constantFrom(
        null,
        null,
        { dimension: 'member', value: 'a' },
        { dimension: 'model', value: 'b' },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('removeBudget'), nth }) },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('calls'),
      calls: fc.array(call, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('advance'),
      ms: fc.constantFrom(1, 1, 1, 400, 1000, 5000, 31_000, 600_000, 3_600_000),
    }),
  },
  // The clock steps backward.
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('advance'),
      ms: fc.constantFrom(-1, -400, -5000, -31_000, -600_000, -3_600_000, -90_000_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('fetchAtOnce') }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fetchTake'), slot, leaseMs }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fetchResend'), slot }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fetchGet'), slot }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fetchInstall'), slot }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('deliverTake'),
      slot,
      leaseMs,
      maxEvents: fc.constantFrom(1, 3, 100),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('deliverArrive'), slot, every: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('deliverAcknowledge'), slot, endsLease: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deliverPark'), slot }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deliverExtend'), slot }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('deliverLeave'), slot, untaken: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('strayArrives') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('operate'),
      act: fc.constantFrom('drop', 'drop', 'retry', 'release', 'refund'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('adjust'),
      meter: fc.constantFrom('pictures', 'tokens'),
      units: fc.integer({ min: -12, max: 12 }).filter((it) => it !== 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('topUp'),
      meter: fc.constantFrom('pictures', 'tokens'),
      amount,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('subscribe'),
      granted: fc.integer({ min: 0, max: 30 }),
      unlimited: fc.boolean(),
      isFree: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('features'), unlimited: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('unsubscribe') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('payment'),
      // Scheduling a cancellation and undoing it replaces the status of an unpaid subscription.
      status: fc.constantFrom('past_due', 'past_due', 'past_due', 'cancellation_scheduled', 'active'),
      invoice: fc.constantFrom('none', 'open', 'open', 'paid'),
      hasPaid: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('renew') }) },
)

/** Generates a history for one or two customers. */
export const history = (maxLength: number) =>
  fc.array(fc.record({ customer: fc.constantFrom('ada', 'ada', 'bob'), step }), {
    minLength: 1,
    maxLength,
    size: 'max',
  })

export type Step = (typeof step extends fc.Arbitrary<infer T> ? T : never) & object
export type Call = (typeof call extends fc.Arbitrary<infer T> ? T : never) & object

export type FetchStep = Extract<Step, { type: `fetch${string}` }>
export type DeliverStep = Extract<Step, { type: `deliver${string}` }>
/** Changes at Flowglad that the ledger doesn't cause. */
export type WorldStep = Extract<
  Step,
  { type: 'topUp' | 'subscribe' | 'features' | 'unsubscribe' | 'payment' | 'renew' }
>
export type BudgetStep = Extract<Step, { type: 'setBudget' | 'removeBudget' }>
export type OperateStep = Extract<Step, { type: 'operate' | 'adjust' }>
export type PaymentStep = Extract<Step, { type: 'payment' }>

export const isFetchStep = (step: Step): step is FetchStep => step.type.startsWith('fetch')
export const isDeliverStep = (step: Step): step is DeliverStep => step.type.startsWith('deliver')
