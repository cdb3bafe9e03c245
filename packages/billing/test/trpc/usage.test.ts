import { expect, test } from 'vitest'
import { startApp } from './startApp.ts'

const dayMs = 86_400_000
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

test('returns the usage in a range of days, including its first and last day', async () => {
  await using app = await startApp()
  const { usage } = app.client.billing
  await app.client.generate.mutate({ prompt: 'a', count: 2 })
  const now = Date.now()
  const [yesterday, today, tomorrow] = [now - dayMs, now, now + dayMs].map(dayOf)
  if (!yesterday || !today || !tomorrow) throw new Error('A day is missing.')
  const used = [{ day: today, meter: 'generations', amount: 2 }]
  expect(await usage.query({ from: today, to: today })).toEqual(used)
  expect(await usage.query({ from: yesterday })).toEqual(used)
  expect(await usage.query({ from: today, to: tomorrow })).toEqual(used)
  expect(await usage.query({ from: yesterday, to: yesterday })).toEqual([])
  expect(await usage.query({ from: tomorrow, to: tomorrow })).toEqual([])
  expect(await usage.query()).toEqual(used)
})

test.each([
  ['a day that does not exist', { from: '2026-02-30' }, 'calendar day such as'],
  ['a start after the end', { from: '2026-11-02', to: '2026-11-01' }, 'is after `to`'],
  ['a start after today', { from: '9999-12-31' }, 'is after today'],
  ['more than 366 days', { from: '2024-01-01', to: '2026-11-30' }, 'Pass at most 366 days'],
])('rejects %s with 400 and says what to pass', async (_, input, message) => {
  await using app = await startApp()
  await expect(app.client.billing.usage.query(input)).rejects.toMatchObject({
    message: expect.stringContaining(message),
    data: { code: 'BAD_REQUEST', httpStatus: 400 },
  })
})

test('rejects an input that has both a number of days and a range', async () => {
  await using app = await startApp()
  const input = encodeURIComponent(JSON.stringify({ days: 7, from: '2026-11-01' }))
  const response = await fetch(`${app.url}/billing.usage?input=${input}`, { headers: { user: 'ada' } })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('Pass either `days` or `from`, not both.')
})
