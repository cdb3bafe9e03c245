import type { LedgerAccount, LedgerEntry, UsageCredit } from '../database/records/usage.ts'
import { newRecord, type Platform } from '../platform/Platform.ts'

interface Account {
  subscriptionId: string
  usageMeterId: string
}

/** The price of a usage event, and the units that no credit covered. */
interface Cost {
  priceId: string
  outstanding: number
}

/**
 * Returns the outstanding usage by price after adding the cost's uncovered units. A price without outstanding
 * usage has no entry.
 */
export function addOutstanding(before: LedgerAccount['outstanding'], { priceId, outstanding }: Cost) {
  if (outstanding === 0) return before
  const { [priceId]: units = 0, ...others } = before
  const left = units + outstanding
  return left === 0 ? others : { ...before, [priceId]: left }
}

/**
 * Writes a ledger entry and updates its account.
 *
 * Invariant: an account's balance is the sum of its entries, and every account has an entry.
 */
export function postLedgerEntry(
  { db }: Platform,
  at: number,
  entry: Pick<LedgerEntry, 'subscriptionId' | 'usageMeterId' | 'type' | 'amount' | 'description'> &
    Partial<Pick<LedgerEntry, 'usageEventId' | 'usageCreditId'>> & { cost?: Cost },
): LedgerEntry {
  const { cost, ...rest } = entry
  const account = db.ledgerAccounts.first('account', `${entry.subscriptionId}\u0000${entry.usageMeterId}`)
  if (account) {
    db.ledgerAccounts.patch(account.id, {
      balance: account.balance + entry.amount,
      ...(cost && { outstanding: addOutstanding(account.outstanding, cost) }),
      updatedAt: at,
    })
  } else {
    db.ledgerAccounts.put({
      ...newRecord('ledger_account', at),
      subscriptionId: entry.subscriptionId,
      usageMeterId: entry.usageMeterId,
      balance: entry.amount,
      outstanding: cost ? addOutstanding({}, cost) : {},
    })
  }
  return db.ledgerEntries.put({
    ...newRecord('ledger_entry', at),
    usageEventId: null,
    usageCreditId: null,
    priceId: cost?.priceId ?? null,
    ...rest,
  })
}

/** Grants a subscription credits on one meter. */
export function grantCredits(
  platform: Platform,
  at: number,
  grant: Account & {
    amount: number
    expiresAt: number | null
    billingPeriodId: string | null
    source: UsageCredit['source']
    featureId?: string
    description: string
  },
): void {
  const credit = platform.db.usageCredits.put({
    ...newRecord('usage_credit', at),
    subscriptionId: grant.subscriptionId,
    usageMeterId: grant.usageMeterId,
    billingPeriodId: grant.billingPeriodId,
    issued: grant.amount,
    // An overage settlement pays for past usage, so nothing remains to spend.
    remaining: grant.source === 'overage_settlement' ? 0 : grant.amount,
    expiresAt: grant.expiresAt,
    expired: false,
    source: grant.source,
    featureId: grant.featureId ?? null,
  })
  postLedgerEntry(platform, at, {
    subscriptionId: grant.subscriptionId,
    usageMeterId: grant.usageMeterId,
    type: 'credit_grant_recognized',
    amount: grant.amount,
    usageCreditId: credit.id,
    description: grant.description,
  })
}

/**
 * Expires the credits whose expiry time is `at` or earlier, and deducts their unused units from the balance.
 */
export function expireCredits(platform: Platform, at: number, subscriptionId: string): void {
  for (const credit of platform.db.usageCredits.by('expiring', subscriptionId)) {
    if (credit.expiresAt === null || credit.expiresAt > at) continue
    platform.db.usageCredits.patch(credit.id, { expired: true, remaining: 0, updatedAt: at })
    if (credit.remaining === 0) continue
    postLedgerEntry(platform, at, {
      subscriptionId,
      usageMeterId: credit.usageMeterId,
      type: 'credit_grant_expired',
      amount: -credit.remaining,
      usageCreditId: credit.id,
      description: 'Unused credits expired',
    })
  }
}
