import { expect, it } from 'vitest'
import { whatHappensNext } from '../src/billing/whatHappensNext.ts'
import { formatDate } from '../src/format/format.ts'
import { onFree } from './anOffer.ts'
import { aStatement } from './aStatement.ts'

const changesAt = Date.UTC(2027, 0, 30)
const plan = { ...onFree({ available: 0, limit: 0 }).plan, name: 'Scale', isFree: false, changesAt }
const statement = aStatement({ changesTo: { name: 'Pro', priceSlug: 'pro_monthly' } })
const extra = { meter: 'api_calls', units: 1_204, amount: 200, unitPrice: 100, perUnits: 1_000 } as const
const graceEndsAt = Date.UTC(2027, 0, 6)
const pastDue = { state: 'grace', since: 0, graceEndsAt, upgradeUrl: '/billing' } as const
const unpaid = { status: 'past_due', pastDue } as const
const end = { follower: 'Free', lost: null }

it('names the plan and the date of a scheduled change', () => {
  expect(whatHappensNext(plan, statement, end)).toBe(
    `Changes to Pro on ${formatDate(changesAt)}. Until then, you keep Scale and its credits.`,
  )
})

it('names a scheduled change of an unpaid plan without promising credits', () => {
  const text = whatHappensNext({ ...plan, ...unpaid }, statement, end)
  expect(text).toContain(`Changes to Pro on ${formatDate(changesAt)}.`)
  expect(text).not.toContain('you keep Scale')
})

it('tells a customer whose unpaid plan is canceled that extra units are billed only if they keep the plan', () => {
  const canceled = { ...plan, ...unpaid, changesAt: null, cancelsAt: changesAt }
  expect(whatHappensNext(canceled, aStatement({ overage: [extra] }), end)).toContain(
    "You've used 1,204 look-ups beyond your plan. You'll pay for extra look-ups only if you keep Scale.",
  )
  expect(whatHappensNext(canceled, aStatement(), end)).not.toContain('look-ups')
})
