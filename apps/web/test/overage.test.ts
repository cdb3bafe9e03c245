import { expect, it } from 'vitest'
import { overageText, pricePerText } from '../src/plans/overage.ts'
import { onFree } from './anOffer.ts'
import { aStatement } from './aStatement.ts'

const perThousand = { unitPrice: 100, perUnits: 1_000, currency: 'USD' }
const extra = aStatement({
  overage: [{ meter: 'api_calls', units: 1_204, amount: 200, unitPrice: 100, perUnits: 1_000 }],
})
const { plan } = onFree({ available: 0, limit: 10 })
const overdue = { ...plan, name: 'Pro', pastDue: { state: 'free' as const, since: 0, graceEndsAt: null } }
const ending = { ...plan, name: 'Pro', cancelsAt: Date.UTC(2026, 11, 28) }

it('says that a part of 1,000 units costs as much as 1,000 units', () => {
  expect(pricePerText(perThousand)).toBe('$1 per 1,000 or part of 1,000')
  expect(pricePerText({ ...perThousand, perUnits: 1 })).toBe('$1 each')
})

it.each([
  ['the price', plan, aStatement(), 'Extra look-ups cost $1 per 1,000 or part of 1,000.'],
  [
    'the price before the statement arrives',
    plan,
    undefined,
    'Extra look-ups cost $1 per 1,000 or part of 1,000.',
  ],
  [
    'the amount that is billed',
    plan,
    extra,
    '1,204 look-ups beyond your plan: $2 so far ($1 per 1,000 or part of 1,000).',
  ],
  [
    'no price on a plan that ends',
    ending,
    aStatement(),
    "You'll pay for extra look-ups only if you keep Pro.",
  ],
  [
    'no amount on a plan that ends',
    ending,
    extra,
    "1,204 look-ups beyond your plan. You'll pay for extra look-ups only if you keep Pro.",
  ],
  [
    'no price on an overdue plan',
    overdue,
    aStatement(),
    "You can use extra look-ups again when you've paid for Pro.",
  ],
])('says for extra units: %s', (_, current, statement, text) => {
  expect(overageText('api_calls', perThousand, statement, current)).toBe(text)
})
