import { type AppUnderTest, expect, expectUsage } from '../checkApp.ts'

/** Checks that the scheduled function delivers the usage of a function that died after its response. */
export async function checkSchedule({ url, flowglad, report }: AppUnderTest): Promise<void> {
  const customer = { id: 'grace' }
  const response = await fetch(`${url}/api/trpc/draw`, {
    method: 'POST',
    // With `x-die-after`, the platform ends the function without waiting for its `waitUntil` promises.
    headers: { cookie: `user=${customer.id}`, 'content-type': 'application/json', 'x-die-after': 'response' },
    body: JSON.stringify({ prompt: 'a cat' }),
  })
  expect(response.status).toBe(200)
  expect((await fetch(`${url}/api/cron`)).status).toBe(200)
  await expectUsage(flowglad, customer, 1)
  report('delivers the usage of a function that died after its response')
}
