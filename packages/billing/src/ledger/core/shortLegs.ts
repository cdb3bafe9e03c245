import type { ShortLeg } from '../answers.ts'
import type { Leg } from '../commands.ts'
import { available } from './available.ts'
import type { Draft } from './draft.ts'
import { freeBalance } from './freeBalance.ts'
import type { Allowance } from './pastDue.ts'
import type { CustomerRow } from './rows.ts'

export type Subscription = NonNullable<CustomerRow['snapshot']>
export type Allowed = Exclude<Allowance['allowed'], 'none'>

/** Returns whether the leg is unlimited on the customer's plan. */
export const isUnlimited = ({ features }: Subscription, { unlimitedBy }: Leg, allowed: Allowed) =>
  allowed !== 'free' && unlimitedBy !== null && features.includes(unlimitedBy)

/**
 * Returns the legs that exceed the available units. Unlimited and overage legs skip this comparison, but
 * their units are held and booked as usual.
 */
export function shortLegs(
  draft: Draft,
  subscription: Subscription,
  legs: Leg[],
  allowed: Allowed,
): ShortLeg[] {
  return legs.flatMap((leg) => {
    const { meter, amount } = leg
    const hasOverage = allowed === 'all' && hasOverageFeature(subscription, leg)
    if (isUnlimited(subscription, leg, allowed) || hasOverage) return []
    const account = draft.account(subscription.id, meter)
    const grant = subscription.freePlan?.grants[meter] ?? 0
    const units = allowed === 'free' ? freeBalance(account, grant).available : available(account)
    if (units >= amount) return []
    const { held, ambiguous } = account
    return [{ meter, available: units, held, required: amount, ambiguous }]
  })
}

/**
 * Returns whether the plan allows overage on one of the short legs. Such a leg is short only because a
 * renewal is unpaid.
 */
export const lackOverage = (subscription: Subscription, legs: Leg[], short: ShortLeg[]) =>
  legs.some((leg) => hasOverageFeature(subscription, leg) && short.some(({ meter }) => meter === leg.meter))

const hasOverageFeature = ({ features }: Subscription, { overageWith }: Leg) =>
  overageWith !== null && features.includes(overageWith)
