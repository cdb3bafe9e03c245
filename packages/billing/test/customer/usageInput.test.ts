import { expect, test } from 'vitest'
import { usageInput } from '../../src/customer/usageInput.ts'

const now = () => Date.parse('2026-11-30T23:59:59.999Z')
const parse = (input: unknown) => usageInput({ now, meters: {} }).safeParse(input)

test.each([
  [undefined, { days: 30 }],
  [{}, { days: 30 }],
  [{ days: 1 }, { days: 1 }],
  [{ days: 366 }, { days: 366 }],
  [
    { from: '2026-11-01', to: '2026-11-30' },
    { from: '2026-11-01', to: '2026-11-30' },
  ],
  [{ from: '2026-11-30' }, { from: '2026-11-30', to: null }],
  [
    { from: '2024-02-29', to: '2024-02-29' },
    { from: '2024-02-29', to: '2024-02-29' },
  ],
  [
    { from: '2025-11-30', to: '2026-11-30' },
    { from: '2025-11-30', to: '2026-11-30' },
  ],
  [{ from: '2025-11-30' }, { from: '2025-11-30', to: null }],
  [
    { from: '2026-12-01', to: '2026-12-31' },
    { from: '2026-12-01', to: '2026-12-31' },
  ],
  [{ days: 7, 'idempotency-key': 'k' }, { days: 7 }],
])('accepts %j', (input, output) => {
  expect(parse(input)).toEqual({ success: true, data: output })
})

test.each([
  [{ days: 7, from: '2026-11-01' }, 'Pass either `days` or `from`, not both.'],
  [{ to: '2026-11-30' }, 'Pass `from` with `to`.'],
  [{ days: 7, to: '2026-11-30' }, 'Pass `from` with `to`.'],
  [{ from: '2026-02-30' }, 'Pass a calendar day such as 2026-11-30.'],
  [{ from: '30.11.2026' }, 'Pass a calendar day such as 2026-11-30.'],
  [{ from: '2026-11-01T00:00:00Z' }, 'Pass a calendar day such as 2026-11-30.'],
  [{ from: 20261101 }, 'Pass a calendar day such as 2026-11-30.'],
  [{ from: '2026-11-01', to: '' }, 'Pass a calendar day such as 2026-11-30.'],
  [
    { from: '2026-11-30', to: '2026-11-29' },
    '`from` is after `to`. Pass the first day as `from` and the last day as `to`.',
  ],
  [{ from: '2026-12-01' }, '`from` is after today, 2026-11-30 in UTC. Pass today or an earlier day.'],
  [
    { from: '2025-11-29', to: '2026-11-30' },
    'The range has 367 days. Pass at most 366 days, and read a longer range in parts.',
  ],
  [
    { from: '2025-11-29' },
    'The range has 367 days. Pass at most 366 days, and read a longer range in parts.',
  ],
])('rejects %j and says what to pass', (input, message) => {
  expect(parse(input).error?.issues.map((issue) => issue.message)).toEqual([message])
})

test.each([[0], [367], [1.5], ['7'], [null]])('rejects %j days', (days) => {
  expect(parse({ days }).success).toBe(false)
})
