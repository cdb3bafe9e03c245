import { expect, test } from 'vitest'
import { type BudgetInput, billingDenial } from '../../src/client/index.ts'
import { aUser } from '../flowglad/startStack.ts'
import { aBudget } from '../ledger/builders.ts'
import { startApp } from './startApp.ts'

const mayChangeBudgets = () => true
/** The start of this month. */
const month = () => Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth())
const denialOf = (call: Promise<unknown>) => call.catch((error: unknown) => billingDenial(error))
const generate = ({ client }: Awaited<ReturnType<typeof startApp>>, count: number) =>
  client.generate.mutate({ prompt: 'x', count })
const monthly = (limit: number) => ({ meter: 'generations', limit, window: 'month' }) as const

test('returns 402 and the budget’s reset time for a call that would exceed the budget', async () => {
  await using app = await startApp({ mayChangeBudgets })
  await generate(app, 1)
  const { id } = await app.client.billing.setBudget.mutate(monthly(3))
  await generate(app, 2)
  await expect(generate(app, 1)).rejects.toMatchObject({ data: { httpStatus: 402 } })
  const now = new Date()
  const budget = {
    source: 'customer',
    meter: 'generations',
    scope: null,
    limit: 3,
    used: 3,
    held: 0,
    window: 'month',
    timeZone: 'UTC',
    resetsAt: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1),
  }
  expect(await denialOf(generate(app, 1))).toEqual({ code: 'BUDGET_EXCEEDED', ...budget, required: 1 })
  expect(await app.client.billing.budgets.query()).toEqual({
    budgets: [{ id, ...budget, mode: 'block', thresholds: [80, 100] }],
  })
  const [balance] = (await app.client.billing.balances.query()).balances
  expect(balance).toMatchObject({ meter: 'generations', used: 3 })
})

test('denies no call if the budget’s mode is `notify`', async () => {
  await using app = await startApp({ mayChangeBudgets })
  await app.client.billing.setBudget.mutate({ ...monthly(1), mode: 'notify', thresholds: [50] })
  await generate(app, 2)
  expect((await app.client.billing.budgets.query()).budgets).toMatchObject([
    { used: 2, mode: 'notify', thresholds: [50] },
  ])
})

test('names the budget that resets last if a call would exceed several', async () => {
  await using app = await startApp({ mayChangeBudgets })
  for (const window of ['hour', 'period', 'day'] as const)
    await app.client.billing.setBudget.mutate({ ...monthly(0), window })
  expect(await denialOf(generate(app, 1))).toMatchObject({ code: 'BUDGET_EXCEEDED', window: 'period' })
})

test('allows calls again after the limit is raised or the budget is removed', async () => {
  await using app = await startApp({ mayChangeBudgets })
  const { billing } = app.client
  await billing.setBudget.mutate(monthly(1))
  await generate(app, 1)
  expect(await denialOf(generate(app, 1))).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  const { id } = await billing.setBudget.mutate(monthly(2))
  await generate(app, 1)
  expect(await denialOf(generate(app, 1))).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  expect(await billing.removeBudget.mutate({ id })).toEqual({ removed: true })
  expect(await billing.removeBudget.mutate({ id })).toEqual({ removed: false })
  await generate(app, 1)
})

test('makes no request to Flowglad when it denies a call that would exceed a budget', async () => {
  await using app = await startApp({ mayChangeBudgets })
  await app.client.billing.setBudget.mutate(monthly(0))
  await app.client.billing.refresh.mutate()
  const fetches = () => app.proxy.count(/\/customers\//)
  const before = fetches()
  expect(await denialOf(generate(app, 1))).toMatchObject({ code: 'BUDGET_EXCEEDED' })
  expect(fetches()).toBe(before)
})

test('allows concurrent calls up to the limit and denies the rest', async () => {
  await using app = await startApp({ mayChangeBudgets })
  await app.client.billing.setBudget.mutate(monthly(4))
  const calls = Array.from({ length: 9 }, () => app.single.generate.mutate({ prompt: 'x', count: 1 }))
  const results = await Promise.allSettled(calls)
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
})

test('lets no caller change budgets unless the app allows it', async () => {
  await using app = await startApp()
  const forbidden = { data: { code: 'FORBIDDEN' }, message: expect.stringContaining("aren't allowed") }
  await expect(app.client.billing.setBudget.mutate(monthly(1))).rejects.toMatchObject(forbidden)
  const { id } = await app.billing.budgets.set({ id: 'ada' }, monthly(1))
  await expect(app.client.billing.removeBudget.mutate({ id })).rejects.toMatchObject(forbidden)
  expect((await app.client.billing.budgets.query()).budgets).toHaveLength(1)
})

test('passes the context of the call to mayChangeBudgets', async () => {
  await using app = await startApp({ mayChangeBudgets: async ({ user }) => user.id === 'ada' })
  await app.client.billing.setBudget.mutate(monthly(1))
  await expect(app.clientWith([], 'bob').billing.setBudget.mutate(monthly(1))).rejects.toMatchObject({
    data: { code: 'FORBIDDEN' },
  })
})

test('changes only the budgets of the caller’s own customer', async () => {
  await using app = await startApp({ mayChangeBudgets })
  const bob = app.clientWith([], 'bob')
  const { id } = await app.client.billing.setBudget.mutate(monthly(0))
  expect(await bob.billing.removeBudget.mutate({ id })).toEqual({ removed: false })
  expect(await bob.billing.budgets.query()).toEqual({ budgets: [] })
  await bob.generate.mutate({ prompt: 'x', count: 1 })
  expect(await denialOf(generate(app, 1))).toMatchObject({ code: 'BUDGET_EXCEEDED' })
})

test.each<[string, object]>([
  ['a negative limit', { limit: -1 }],
  ['a fraction', { limit: 1.5 }],
  ['an unknown meter', { meter: 'pages' }],
  ['the name of an object’s method', { meter: 'toString' }],
  ['an unknown window', { window: 'week' }],
  ['an unknown time zone', { timeZone: 'Mars/Olympus' }],
  ['a long time zone', { timeZone: 'x'.repeat(10_000) }],
  ['an unknown dimension', { scope: { dimension: 'team', value: 'a' } }],
  ['the name of an object’s method as a dimension', { scope: { dimension: 'toString', value: 'a' } }],
  ['the value `other`', { scope: { dimension: 'member', value: 'other' } }],
  ['an empty value', { scope: { dimension: 'member', value: '' } }],
  ['a value of 10 kB', { scope: { dimension: 'member', value: 'x'.repeat(10_000) } }],
  ['a value that can’t be stored', { scope: { dimension: 'member', value: 'a\0' } }],
  ['an unknown mode', { mode: 'warn' }],
  ['a threshold of 0', { thresholds: [0] }],
  ['a fraction of a percent', { thresholds: [99.5] }],
  ['11 thresholds', { thresholds: Array.from({ length: 11 }, (_, n) => n + 1) }],
])('rejects %s with 400', async (_, change) => {
  await using app = await startApp({ mayChangeBudgets })
  const input: BudgetInput<'generations', 'member'> = { ...monthly(1), ...change }
  await expect(app.client.billing.setBudget.mutate(input)).rejects.toMatchObject({
    data: { httpStatus: 400 },
  })
  expect(await app.client.billing.budgets.query()).toEqual({ budgets: [] })
})

test('ignores a customer in the input', async () => {
  await using app = await startApp({ mayChangeBudgets })
  const input = { ...monthly(1), customer: 'bob' }
  await app.client.billing.setBudget.mutate(input)
  expect((await app.client.billing.budgets.query()).budgets).toHaveLength(1)
  expect(await app.clientWith([], 'bob').billing.budgets.query()).toEqual({ budgets: [] })
})

test('accepts an input that contains the call’s key, as over a WebSocket', async () => {
  await using app = await startApp({ mayChangeBudgets })
  const input = { ...monthly(1), 'idempotency-key': 'a-key' }
  await app.client.billing.setBudget.mutate(input)
  expect((await app.client.billing.budgets.query()).budgets).toHaveLength(1)
})

test.each(['\0', '\ud800', 'x'])('finds no budget with the ID %j', async (id) => {
  await using app = await startApp({ mayChangeBudgets })
  expect(await app.client.billing.removeBudget.mutate({ id })).toEqual({ removed: false })
})

test('budgets.set rejects an invalid budget and gives the reason', async () => {
  await using app = await startApp()
  const set = (change: object) => app.billing.budgets.set(aUser(), { ...monthly(1), ...change })
  const reason = (text: string) => ({ name: 'BudgetError', message: expect.stringContaining(text) })
  await expect(set({ meter: 'pages' })).rejects.toMatchObject(reason('meter: Unknown meter'))
  await expect(set({ limit: -1 })).rejects.toMatchObject(reason('limit: '))
  await expect(set({ timeZone: 'Mars/Olympus' })).rejects.toMatchObject(reason('timeZone: Unknown'))
  expect(await app.billing.budgets.list(aUser())).toEqual([])
})

test('fails with BILLING_UNAVAILABLE while the ledger is unavailable', async () => {
  await using app = await startApp()
  await app.ledger.close()
  const unavailable = { denial: { code: 'BILLING_UNAVAILABLE' } }
  await expect(app.billing.budgets.list(aUser())).rejects.toMatchObject(unavailable)
  await expect(app.billing.budgets.set(aUser(), monthly(1))).rejects.toMatchObject(unavailable)
})

test('rejects more than 1,000 budgets with 400', async () => {
  await using app = await startApp({ mayChangeBudgets })
  const budgets = Array.from({ length: 1_000 }, (_, n) =>
    aBudget({ meter: `meter ${n}`, usedSince: month() }),
  )
  await Promise.all(budgets.map((budget) => app.ledger.execute(budget)))
  await expect(app.client.billing.setBudget.mutate(monthly(1))).rejects.toMatchObject({
    data: { httpStatus: 400 },
    message: expect.stringContaining('1000 budgets'),
  })
})

test('limits one member and not the others', async () => {
  await using app = await startApp({ mayChangeBudgets })
  const { billing, client } = app
  const scope = { dimension: 'member', value: 'bob' } as const
  const { id } = await client.billing.setBudget.mutate({ ...monthly(3), scope })
  const generateAs = (member: string, amount: number) =>
    billing.meter({ customer: aUser(), meter: 'generations', amount, dimensions: { member } }, () => 'done')
  await generateAs('bob', 3)
  await expect(generateAs('bob', 1)).rejects.toMatchObject({
    denial: { code: 'BUDGET_EXCEEDED', scope, used: 3, limit: 3 },
  })
  await generateAs('eve', 5)
  expect((await client.billing.budgets.query()).budgets).toMatchObject([{ id, scope, used: 3 }])
  expect(await client.billing.removeBudget.mutate({ id })).toEqual({ removed: true })
  await generateAs('bob', 1)
})

test('fetches the billing period for a budget of a customer who has made no call yet', async () => {
  await using app = await startApp()
  await app.billing.budgets.set(aUser(), { ...monthly(5), window: 'period' })
  const [budget] = await app.billing.budgets.list(aUser())
  expect(budget).toMatchObject({ window: 'period', timeZone: null, used: 0 })
  expect(budget?.resetsAt).toBeGreaterThan(Date.now())
})

test('denies work outside tRPC that would exceed a budget', async () => {
  await using app = await startApp()
  await app.billing.budgets.set(aUser(), monthly(1))
  const meter = () => app.billing.meter({ customer: aUser(), meter: 'generations', amount: 2 }, () => 'done')
  await expect(meter()).rejects.toMatchObject({ denial: { code: 'BUDGET_EXCEEDED', required: 2 } })
})
