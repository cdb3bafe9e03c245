import type { Alert } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { alertDetail, alertTitle, alertUse } from '../src/alerts/alertText.ts'
import type { Meter } from '../src/format/meters.ts'
import { aMonth, anAlert } from './anAlert.ts'
import { onFree } from './anOffer.ts'

it.each<[string, Partial<Alert<Meter>>, string]>([
  ['the exact share', { used: 9 }, "You've used 90% of your pictures"],
  ['all units', { threshold: 100, used: 10 }, "You've used all your pictures"],
  ['a limit', { budget: aMonth, used: 4, limit: 5 }, "You've used 80% of your limit of 5 pictures a month"],
  [
    'a limit of one unit',
    { budget: { ...aMonth, window: 'day' }, threshold: 100, used: 1, limit: 1 },
    "You've reached your limit of 1 picture a day",
  ],
  [
    'usage above the limit',
    { budget: aMonth, threshold: 100, used: 12 },
    "You've reached your limit of 10 pictures a month",
  ],
  [
    'a threshold above the limit',
    { budget: { ...aMonth, window: 'period' }, threshold: 150, used: 15 },
    "You've used 150% of your limit of 10 pictures per billing period",
  ],
  ['a limit of 0', { budget: aMonth, used: 1, limit: 0 }, "You've reached your limit of 0 pictures a month"],
])('names %s', (_, changes, title) => {
  expect(alertTitle(anAlert(changes))).toBe(title)
})

const { plan, balances } = onFree({ available: 0, limit: 10 })
const row = balances[0]

it('shows the usage that raised an alert', () => {
  expect(alertUse(anAlert({ meter: 'tokens', used: 1_700, limit: 2_000 }))).toBe('1,700 of 2,000 tokens')
})

it.each<[string, string, string]>([
  [
    'when the units renew',
    alertDetail(anAlert(), { row: undefined, plan }),
    'Your credits renew on 1 December.',
  ],
  [
    'when the units end',
    alertDetail(anAlert(), { row: undefined, plan: { ...plan, cancelsAt: 1 } }),
    'Your credits end on 1 December.',
  ],
  [
    'how extra units are billed',
    // With overage, the status of a balance without units isn't `exhausted`.
    alertDetail(anAlert({ threshold: 100, used: 10 }), { row, plan }),
    'Extra pictures are billed as you use them.',
  ],
  [
    'when a limit resets',
    alertDetail(anAlert({ budget: aMonth, used: 10 }), { row: undefined, plan }),
    'The limit resets on 1 December.',
  ],
  [
    'why requests continue after a limit',
    alertDetail(anAlert({ budget: { ...aMonth, mode: 'notify' }, used: 10 }), { row: undefined, plan }),
    'You can continue, because you chose “Only tell me”. The limit resets on 1 December.',
  ],
  [
    'nothing about a limit that never resets',
    alertDetail(anAlert({ budget: aMonth, resetsAt: null }), { row: undefined, plan }),
    '',
  ],
])('explains %s', (_, detail, text) => {
  expect(detail).toBe(text)
})
