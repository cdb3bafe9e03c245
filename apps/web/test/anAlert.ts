import type { Alert, AlertBudget, Budget } from '@metered/billing/client'
import type { Meter } from '../src/format/meters.ts'

/** Returns an alert about 80% of the plan's 10 pictures, raised on 30 November. */
export const anAlert = (changes: Partial<Alert<Meter>> = {}): Alert<Meter> => ({
  id: 'grant 80',
  meter: 'generations',
  threshold: 80,
  at: Date.parse('2026-11-30T12:00Z'),
  used: 8,
  limit: 10,
  resetsAt: Date.parse('2026-12-01T12:00Z'),
  budget: null,
  ...changes,
})

export const aMonth: AlertBudget = {
  id: 'month generations',
  scope: null,
  window: 'month',
  timeZone: 'America/Los_Angeles',
  mode: 'block',
}

/** Returns a limit of 10 pictures a month, of which 4 are used. */
export const aBudget = (changes: Partial<Budget<Meter>> = {}): Budget<Meter> => ({
  id: 'month generations',
  source: 'customer',
  meter: 'generations',
  scope: null,
  limit: 10,
  used: 4,
  held: 0,
  window: 'month',
  timeZone: 'America/Los_Angeles',
  mode: 'block',
  thresholds: [80, 100],
  resetsAt: Date.parse('2026-12-01T00:00-08:00'),
  ...changes,
})
