import { expect, test } from './browserTest.ts'

// The test moves the clocks of the server, Flowglad and the browser.
test.use({ stackOptions: { movesClock: true, movesServerClock: true } })

const dayMs = 86_400_000

test('forecasts the day on which the units run out at the average usage', async ({
  app,
  stack,
  records,
  customer,
}) => {
  test.slow()
  const dayText = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' })
  const now = Date.now()
  // Start at 10:00 UTC, so that no step is near midnight.
  const start = now - (now % dayMs) + dayMs + 10 * 3_600_000
  const moveTo = async (time: number, flowgladAheadMs: number) => {
    await records.advanceClock(flowgladAheadMs)
    await stack.restart('SIGTERM', { clockAheadMs: time - Date.now() })
  }
  await moveTo(start, start - now)
  for (let day = 1; day <= 8; day++) {
    await customer.recordApiCalls(8)
    await moveTo(start + day * dayMs, dayMs)
  }

  const today = start + 8 * dayMs
  await app.page.clock.setFixedTime(today)
  await app.open('Usage')
  const lookUps = app.usage('api_calls')
  await expect(lookUps).toContainText('64 of 100 used')
  await expect(lookUps).toContainText(
    `At this rate, you'll run out on ${dayText.format(today + 4.5 * dayMs)}. Last 8 days: about 8 look-ups a day.`,
  )
  await expect(app.usage('generations')).toContainText('0 of 10 used')
  await expect(app.usage('generations')).not.toContainText('At this rate')

  // Today's usage changes the balance, but not the average.
  await customer.recordApiCalls(20)
  await expect(lookUps).toContainText(`At this rate, you'll run out on ${dayText.format(today + 2 * dayMs)}.`)
  await customer.recordApiCalls(16)
  await expect(lookUps).toContainText('100 of 100 used')
  await expect(lookUps).not.toContainText('At this rate')
})
