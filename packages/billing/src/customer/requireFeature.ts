import type { KnownCustomer } from '../contract/customer.ts'
import { BillingError, customerArchived, paymentOverdue, unavailable } from '../contract/errors.ts'
import type { Sync } from '../flowglad/sync.ts'
import type { SnapshotReader } from './snapshotReader.ts'
import type { UsableBalances } from './usableBalances.ts'

/**
 * Creates `requireFeature`, which resolves if the customer's plan has a toggle feature. Otherwise,
 * `requireFeature` fetches the snapshot, and rejects with a `BillingError` if the feature is still missing.
 */
export const createRequireFeature =
  ({
    sync,
    snapshots,
    upgradeUrl,
  }: {
    sync: Pick<Sync, 'fetchNewPeriod' | 'isArchived'>
    snapshots: SnapshotReader
    upgradeUrl: string
  }) =>
  async (customer: KnownCustomer, feature: string): Promise<void> => {
    const before = await snapshots.read(customer)
    if (snapshots.isUsable(before) && hasFeature(before, feature)) {
      snapshots.refreshIfOld(customer, before)
      if (!before.snapshot?.needsFetch) return
      // The feature may have ended with the period, so fetch a snapshot of the new period. If Flowglad
      // doesn't respond, the customer keeps the feature.
      await sync.fetchNewPeriod(customer)
    } else {
      await snapshots.fetch(customer)
    }
    const after = await snapshots.read(customer)
    if (!snapshots.isUsable(after) || !after.snapshot) throw unavailable(1_000)
    if (hasFeature(after, feature)) return
    if (!after.snapshot.subscription) {
      if (sync.isArchived(customer.id)) throw customerArchived()
      throw new BillingError(
        { code: 'NO_SUBSCRIPTION', upgradeUrl },
        'There is no current subscription. Choose a plan first.',
      )
    }
    const { pastDue, withheld } = after
    if (pastDue && pastDue.graceEndsAt !== null && withheld.includes(feature)) {
      const { since, graceEndsAt, upgradeUrl: billingUrl } = pastDue
      throw paymentOverdue({ since, graceEndsAt, asOf: after.snapshot.asOf, billingUrl, meters: [] })
    }
    throw new BillingError(
      { code: 'FEATURE_NOT_INCLUDED', feature, upgradeUrl },
      `The plan does not include ${feature}. Choose a plan that includes it.`,
    )
  }

const hasFeature = ({ snapshot }: UsableBalances, feature: string) =>
  snapshot?.subscription?.features.includes(feature) ?? false
