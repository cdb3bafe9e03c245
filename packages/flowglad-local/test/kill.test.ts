import { Flowglad } from '@flowglad/node'
import { expect, it } from 'vitest'
import { createDirectory, startProcess } from './process.ts'
import { startStudio } from './studio.ts'

const eventsPerCall = 20

it('keeps acknowledged calls after a kill and applies every other call completely or not at all', async () => {
  await using directory = await createDirectory()
  const args = ['--db', directory.file('flowglad.db')]
  const answeredCalls: string[] = []
  const sentCalls: string[] = []
  const answeredCustomers: string[] = []
  const killAfterMs = [40, 90, 170, 260]
  for (const [round, delay] of killAfterMs.entries()) {
    const running = await startProcess(directory.path, { args })
    const node = new Flowglad({ baseURL: running.url, apiKey: 'sk_test_local', maxRetries: 0 })
    const create = (externalId: string) =>
      node.customers.create({ customer: { externalId, name: externalId, email: 'a@studio.example' } })
    if (round === 0) await create('ada')
    const subscriptionId = (await node.customers.retrieveBilling('ada')).currentSubscription?.id
    const sendEvents = async (writer: number) => {
      for (let i = 0; ; i++) {
        const call = `${round}-${writer}-${i}`
        sentCalls.push(call)
        const usageEvents = Array.from({ length: eventsPerCall }, (_, n) => ({
          subscriptionId,
          transactionId: `${call}/${n}`,
          amount: 1,
          usageMeterSlug: 'render',
        }))
        await node.post('/api/v1/usage-events/bulk', { body: { usageEvents } })
        answeredCalls.push(call)
      }
    }
    const createCustomers = async () => {
      for (let i = 0; ; i++) {
        await create(`customer-${round}-${i}`)
        answeredCustomers.push(`customer-${round}-${i}`)
      }
    }
    const moveClock = async () => {
      for (;;) await node.post('/__test__/clock/advance', { body: { ms: 1 } })
    }
    const writers = [sendEvents(0), sendEvents(1), sendEvents(2), createCustomers(), moveClock()]
    const ended = Promise.allSettled(writers)
    const enough = answeredCalls.length + 3
    while (answeredCalls.length < enough) await new Promise(setImmediate)
    await new Promise((resolve) => setTimeout(resolve, delay))
    await running.kill()
    await ended
  }
  await using studio = await startStudio({ db: directory.file('flowglad.db') })
  const stored = new Map<string, number>()
  for await (const { transactionId } of everyEvent(studio)) {
    const [call = ''] = transactionId.split('/')
    stored.set(call, (stored.get(call) ?? 0) + 1)
  }
  expect(answeredCalls.filter((call) => !stored.has(call))).toEqual([])
  expect(new Set(stored.values())).toEqual(new Set([eventsPerCall]))
  expect([...stored.keys()].filter((call) => !sentCalls.includes(call))).toEqual([])
  expect(await studio.balances('ada')).toEqual({ render: 85 - stored.size * eventsPerCall })
  expect(answeredCustomers.length).toBeGreaterThan(0)
  for (const externalId of answeredCustomers)
    expect(await studio.balances(externalId)).toEqual({ render: 85 })
})

async function* everyEvent({ node }: Awaited<ReturnType<typeof startStudio>>) {
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: { data: { transactionId: string }[]; nextCursor: string | null } = await node.get(
      `/api/v1/usage-events?limit=100${cursor && `&cursor=${cursor}`}`,
    )
    yield* page.data
    cursor = page.nextCursor
  }
}
