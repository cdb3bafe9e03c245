// Two servers over one PostgreSQL: one ledger.
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { startStack } from '../../stack/stack.ts'
import { aCustomer, test as base, buy, call, expect, statuses } from '../fixtures.ts'

const test = base.extend<{ nodes: Awaited<ReturnType<typeof startTwoNodes>> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  nodes: async ({}, use, info) => {
    const nodes = await startTwoNodes()
    await use(nodes)
    if (info.status !== info.expectedStatus)
      await writeFile(info.outputPath('server.log'), nodes.stack.server.output())
    await nodes.stack[Symbol.asyncDispose]()
  },
})

async function startTwoNodes() {
  const stack = await startStack({ database: 'postgres', controlledModel: true })
  const second = await stack.startNode()
  return { stack, urls: [stack.url, second.url] as const }
}

test('500 units and 400 concurrent calls of 2 over two nodes: exactly 250 succeed', async ({
  nodes,
  request,
}) => {
  test.slow()
  const { stack, urls } = nodes
  const customer = await aCustomer(request, stack.url)
  await buy(request, stack, 'pro_monthly')
  const answers = await Promise.all(
    Array.from({ length: 400 }, (_, i) =>
      call(request, i % 2 ? urls[0] : urls[1], 'studio.generate', { prompt: 'two boats', count: 2 }),
    ),
  )
  expect(statuses(answers)).toEqual({ 200: 250, 402: 150 })
  await expect.poll(() => stack.books.used(customer.id), { timeout: 20_000 }).toEqual({ generations: 500 })
})

test('a retry on the other node replays the first one’s answer', async ({ nodes, request }) => {
  const { stack, urls } = nodes
  const customer = await aCustomer(request, stack.url)
  const key = { 'idempotency-key': randomUUID() }
  const input = { prompt: 'an orchard', count: 2 }
  const first = await call(request, urls[0], 'studio.generate', input, key)
  const again = await call(request, urls[1], 'studio.generate', input, key)
  expect(again.data).toEqual(first.data)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 2 })
})

test('one operation asked of both nodes at once runs once, and both answer with its result', async ({
  nodes,
  request,
}) => {
  const { stack, urls } = nodes
  const customer = await aCustomer(request, stack.url)
  const key = { 'idempotency-key': randomUUID() }
  const ask = (url: string) => call(request, url, 'studio.generate', { prompt: 'a vineyard', count: 2 }, key)
  stack.model?.pause()
  const both = Promise.all(urls.map(ask))
  // One works; the other is told so, as a client's retries are.
  await expect.poll(() => stack.model?.painting()).toBe(2)
  await expect.poll(async () => (await ask(urls[0])).error?.data.billing.code).toBe('IN_PROGRESS')
  expect(stack.model?.painting()).toBe(2)
  stack.model?.resume()
  const answers = await both
  const [result] = answers.filter(({ status }) => status === 200)
  expect(result).toBeDefined()
  for (const url of urls) expect((await ask(url)).data).toEqual(result?.data)
  await expect.poll(() => stack.books.used(customer.id)).toEqual({ generations: 2 })
})
