import { expect, it } from 'vitest'
import { formatDay } from '../src/format/format.ts'
import { amountDueText } from '../src/plans/pastDueText.ts'
import { aStatement } from './aStatement.ts'

const overdue = { amount: 2_000, currency: 'USD', since: 0, retriesAt: Date.UTC(2026, 11, 3) }

it('shows the amount due and the date of the next charge', () => {
  expect(amountDueText(aStatement({ overdue }))).toBe(
    `$20 is due. We'll try Visa ending in 4242 again on ${formatDay(overdue.retriesAt)}.`,
  )
  expect(amountDueText(aStatement({ overdue: { ...overdue, retriesAt: null } }))).toBe('$20 is due.')
  expect(amountDueText(aStatement())).toBeNull()
})
