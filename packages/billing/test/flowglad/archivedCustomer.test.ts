import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initTRPC } from '@trpc/server'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, type Stack, startStack, type User } from './startStack.ts'

const ada = aUser()
const options = { snapshotMaxAgeMs: 1 }
const archived = { denial: { code: 'CUSTOMER_ARCHIVED' } }

const call = ({ billing }: Stack, amount = 1) =>
  billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
const archive = ({ atFlowglad }: Stack) => atFlowglad.sdk.post('/api/v1/customers/ada/archive', { body: {} })
/** Repeats the call until a fetch has replaced the old snapshot and the call is denied. */
const untilDenied = (stack: Stack) =>
  expect.poll(() => call(stack).catch((error) => error)).toMatchObject(archived)
const customersAtFlowglad = async ({ atFlowglad }: Stack) => {
  const { data } = await atFlowglad.sdk.customers.list()
  return data.filter(({ externalId }) => externalId === ada.id).length
}
const aFile = () => join(mkdtempSync(join(tmpdir(), 'metered-archived-')), 'ledger.db')

test('denies an archived customer instead of recreating the customer with new credits', async () => {
  await using stack = await startStack({ options })
  await call(stack, 4)
  await stack.billing.drain()
  await archive(stack)
  await untilDenied(stack)
  for (let n = 0; n < 5; n++) await expect(call(stack)).rejects.toMatchObject(archived)
  await expect(stack.billing.requireFeature(ada, 'hd')).rejects.toMatchObject(archived)
  expect(await customersAtFlowglad(stack)).toBe(1)
})

test.each([
  ['checkout', { priceSlug: 'pro_monthly' }],
  ['changePlan', { priceSlug: 'pro_monthly' }],
  ['cancel', undefined],
  ['resume', undefined],
] as const)('denies %s for an archived customer without recreating the customer', async (name, input) => {
  await using stack = await startStack({ options })
  const { options: own, router } = stack.billing.trpc
  const t = initTRPC.context<{ user: User }>().create(own())
  const billing = router({ protectedProcedure: t.procedure, publicProcedure: t.procedure })
  await call(stack)
  await archive(stack)
  const procedure = billing.createCaller({ user: ada })[name] as (input: unknown) => Promise<unknown>
  await expect(procedure(input)).rejects.toMatchObject({ code: 'FORBIDDEN', cause: archived })
  expect(await customersAtFlowglad(stack)).toBe(1)
})

test.each([
  ['customers/billing', {}],
  ['usage-meters/balances', {}],
  ['checkout-sessions/create', { priceSlug: 'pro_monthly' }],
  ['checkout-sessions/create-add-payment-method', {}],
])("denies an archived customer's request to %s", async (path, body) => {
  await using stack = await startStack({ options })
  await call(stack)
  await archive(stack)
  const response = await stack.billing.handle(
    new Request(`http://localhost:3000/api/flowglad/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    { customer: () => ada },
  )
  expect(response?.status).toBe(403)
  expect(await response?.json()).toMatchObject({ error: { code: 'customer_archived' } })
})

test('denies an archived customer on a node that has never served that customer', async () => {
  const file = aFile()
  await using first = await startStack({ options, ledger: sqliteLedger(file) })
  await call(first)
  await archive(first)
  await untilDenied(first)
  await using second = await startStack({ options, ledger: sqliteLedger(file), beside: first })
  await expect(call(second)).rejects.toMatchObject(archived)
  expect(await customersAtFlowglad(first)).toBe(1)
})

test('allows calls on the default plan after recreateCustomer', async () => {
  await using stack = await startStack({ options })
  await call(stack)
  await archive(stack)
  await untilDenied(stack)
  await stack.billing.recreateCustomer(ada)
  expect(await call(stack, 10)).toBe('done')
  expect(await customersAtFlowglad(stack)).toBe(2)
})

test('recreates a customer if the app switches to another Flowglad server', async () => {
  const file = aFile()
  await using before = await startStack({ options, ledger: sqliteLedger(file) })
  await call(before)
  await using after = await startStack({ options, ledger: sqliteLedger(file) })
  await after.billing.refresh(ada)
  expect(await call(after)).toBe('done')
  expect(await customersAtFlowglad(after)).toBe(1)
})

test('does not treat a customer as archived while Flowglad is unavailable', async () => {
  await using stack = await startStack({ options })
  await call(stack)
  await archive(stack)
  stack.proxy.breakWith(({ path }) => (/\/subscriptions\//.test(path) ? { state: 'refused' } : undefined))
  for (let n = 0; n < 3; n++) expect(await call(stack)).toBe('done')
  stack.proxy.mend()
  await untilDenied(stack)
})
