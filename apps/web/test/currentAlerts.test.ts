import type { Alert, Budget } from '@metered/billing/client'
import { expect, it } from 'vitest'
import { currentAlerts, withoutRepeats } from '../src/alerts/currentAlerts.ts'
import type { Meter } from '../src/format/meters.ts'
import { aBudget, aMonth, anAlert } from './anAlert.ts'
import { onFree } from './anOffer.ts'

const now = Date.parse('2026-11-30T18:00Z')
const { balances } = onFree({ available: 2, limit: 10 })
const onLimit = { budget: aMonth, used: 4, limit: 5 }

const current = (alerts: Alert<Meter>[], budgets: Budget<Meter>[] | undefined = [aBudget({ limit: 5 })]) =>
  currentAlerts(alerts, { budgets, balances, now }).map(({ id }) => id)

it.each<[string, Partial<Alert<Meter>>, Budget<Meter>[] | undefined, boolean]>([
  ["a recent alert about the plan's units", {}, [], true],
  ['an alert from two days ago', { at: now - 2 * 86_400_000 }, [], false],
  ['an alert from an earlier billing period', { resetsAt: now }, [], false],
  ['an alert that never resets', { resetsAt: null }, [], true],
  ['an alert from before an upgrade', { used: 4, limit: 5 }, [], false],
  ['an alert whose units an operator refunded', { threshold: 90, used: 9 }, [], false],
  ['an alert about a limit', onLimit, undefined, true],
  ['an alert about a limit that was changed', onLimit, [aBudget({ limit: 6 })], false],
  ['an alert about a limit that was removed', onLimit, [], false],
  ['an alert about a limit that was set again', onLimit, [aBudget({ limit: 5, used: 0 })], false],
])('returns an alert only if it still applies: %s', (_, changes, budgets, isCurrent) => {
  expect(current([anAlert(changes)], budgets)).toEqual(isCurrent ? ['grant 80'] : [])
})

it('returns only the alert for the highest threshold of each limit', () => {
  const budgets = [aBudget({ limit: 5, used: 5 })]
  const alerts = [
    anAlert({ id: '100', ...onLimit, threshold: 100, used: 5 }),
    anAlert({ id: '80', ...onLimit }),
    anAlert({ id: 'grant' }),
  ]
  expect(current(alerts, budgets)).toEqual(['100', 'grant'])
})

it('lists only the highest of several thresholds that one call reached', () => {
  const alerts = [
    anAlert({ id: '150', threshold: 150, used: 16 }),
    anAlert({ id: '100', threshold: 100, used: 12 }),
    anAlert({ id: '80', threshold: 80, used: 12 }),
    anAlert({ id: 'limit', ...onLimit, used: 12 }),
  ]
  expect(withoutRepeats(alerts).map(({ id }) => id)).toEqual(['150', '100', 'limit'])
})
