import { randomBytes } from 'node:crypto'
import type {
  Install,
  Leg,
  Renew,
  Reserve,
  SetBudget,
  Settle,
  Snapshot,
  TakeLease,
} from '../../src/ledger/commands.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { attemptId } from '../../src/metering/attemptId.ts'

/**
 * These builders create commands and snapshots with valid defaults. A test sets only the fields that matter
 * to it.
 */
export const aLeg = (leg: Partial<Leg> = {}): Leg => ({
  meter: 'generations',
  amount: 1,
  unlimitedBy: null,
  overageWith: null,
  onExpiry: 'release',
  price: { usageMeterSlug: leg.meter ?? 'generations' },
  ...leg,
})

export const aReserve = (command: Partial<Reserve> = {}): Reserve => ({
  type: 'reserve',
  customer: 'ada',
  attempt: attemptId(Date.now()),
  procedure: 'studio.generate',
  key: null,
  fingerprint: command.key ? 'a'.repeat(64) : null,
  legs: [aLeg()],
  ttlMs: 120_000,
  maxHoldMs: 900_000,
  snapshotMaxStaleMs: 86_400_000,
  decisive: false,
  ...command,
})

/** Builds the command that renews the hold of a `reserve` command. */
export const aRenew = ({ customer, attempt }: Reserve, command: Partial<Renew> = {}): Renew => ({
  type: 'renew',
  customer,
  attempt,
  ttlMs: 120_000,
  counted: null,
  ...command,
})

export const aSettle = (command: Partial<Settle> = {}): Settle => ({
  type: 'settle',
  customer: 'ada',
  attempt: attemptId(Date.now()),
  subscription: 'sub_1',
  procedure: 'studio.generate',
  key: null,
  fingerprint: command.key ? 'a'.repeat(64) : null,
  legs: [{ meter: 'generations', amount: 1, price: { usageMeterSlug: 'generations' }, flagged: null }],
  result: null,
  reference: null,
  properties: {},
  ...command,
})

/** Builds the command that settles a reserve. Charges `amount` on each leg (default: the leg's held amount). */
export const settleOf = (reserve: Reserve, settle: Partial<Settle> & { amount?: number } = {}): Settle => {
  const { amount, ...rest } = settle
  const { customer, attempt, procedure, key, fingerprint } = reserve
  const legs = reserve.legs.map((leg) => ({
    meter: leg.meter,
    amount: amount ?? leg.amount,
    price: leg.price,
    flagged: null,
    labels: leg.labels,
  }))
  return aSettle({ customer, attempt, procedure, key, fingerprint, legs, ...rest })
}

export const aTakeLease = (command: Partial<TakeLease> = {}): TakeLease => ({
  type: 'takeLease',
  customer: 'ada',
  token: randomBytes(8).toString('hex'),
  purpose: 'fetch',
  leaseMs: 30_000,
  maxEvents: 100,
  extend: false,
  ...command,
})

export const aSnapshot = ({
  meters = { generations: { available: 10, granted: 10 } },
  ...subscription
}: Partial<NonNullable<Snapshot['subscription']>> & { meters?: Snapshot['meters'] } = {}): Snapshot => ({
  subscription: {
    id: 'sub_1',
    status: 'active',
    cancelScheduledAt: null,
    scheduledAdjustmentAt: null,
    periodStart: null,
    periodEnd: null,
    planName: 'Free',
    priceSlug: 'free',
    isFree: true,
    features: [],
    ...subscription,
  },
  meters,
})

/** Builds a snapshot with a balance for `generations` only. */
export const units = (available: number, granted = available) =>
  aSnapshot({ meters: { generations: { available, granted } } })

export const anInstall = (command: Partial<Install> & { token: string }): Install => ({
  type: 'install',
  customer: 'ada',
  snapshot: aSnapshot(),
  unlimitedBy: {},
  ...command,
})

export const aBudget = (command: Partial<SetBudget> = {}): SetBudget => ({
  type: 'setBudget',
  customer: 'ada',
  instance: attemptId(Date.now()),
  meter: 'generations',
  scope: null,
  window: 'month',
  timeZone: command.window === 'hour' || command.window === 'period' ? null : 'UTC',
  limit: 5,
  mode: 'block',
  thresholds: [80, 100],
  usedSince: 0,
  ...command,
})

/** Takes the customer's lease and installs the snapshot. */
export async function fetched(ledger: Ledger, snapshot: Snapshot, install: Partial<Install> = {}) {
  const lease = aTakeLease(install.customer === undefined ? {} : { customer: install.customer })
  await ledger.execute(lease)
  return ledger.execute(anInstall({ token: lease.token, snapshot, ...install }))
}
