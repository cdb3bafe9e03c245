import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aUser, type Stack, startStack } from './startStack.ts'

const ada = aUser()
const options = { snapshotMaxAgeMs: 1 }
const archived = { denial: { code: 'CUSTOMER_ARCHIVED' } }

const call = ({ billing }: Stack, amount = 1) =>
  billing.meter({ customer: ada, meter: 'generations', amount }, () => 'done')
const archive = ({ atFlowglad }: Stack) => atFlowglad.sdk.post('/api/v1/customers/ada/archive', { body: {} })
/** Calls until the customer is denied. Calls within the old snapshot can still be allowed. */
const untilDenied = (stack: Stack) =>
  expect.poll(() => call(stack).catch((error) => error)).toMatchObject(archived)
const customersAtFlowglad = async ({ atFlowglad }: Stack) => {
  const { data } = await atFlowglad.sdk.customers.list()
  return data.filter(({ externalId }) => externalId === ada.id).length
}
const aFile = () => join(mkdtempSync(join(tmpdir(), 'metered-archived-')), 'ledger.db')

test('denies an archived customer, and never creates the customer again with new credits', async () => {
  await using stack = await startStack({ options })
  await call(stack, 4)
  await stack.billing.drain()
  await archive(stack)
  await untilDenied(stack)
  for (let n = 0; n < 5; n++) await expect(call(stack)).rejects.toMatchObject(archived)
  await expect(stack.billing.requireFeature(ada, 'hd')).rejects.toMatchObject(archived)
  expect(await customersAtFlowglad(stack)).toBe(1)
})

test('denies an archived customer on a node that has not seen the customer before', async () => {
  const file = aFile()
  await using first = await startStack({ options, ledger: sqliteLedger(file) })
  await call(first)
  await archive(first)
  await untilDenied(first)
  await using second = await startStack({ options, ledger: sqliteLedger(file), beside: first })
  await expect(call(second)).rejects.toMatchObject(archived)
  expect(await customersAtFlowglad(first)).toBe(1)
})

test('allows calls after recreateCustomer, with the default plan', async () => {
  await using stack = await startStack({ options })
  await call(stack)
  await archive(stack)
  await untilDenied(stack)
  await stack.billing.recreateCustomer(ada)
  expect(await call(stack, 10)).toBe('done')
  expect(await customersAtFlowglad(stack)).toBe(2)
})

test('creates its customers again if the app uses another Flowglad', async () => {
  const file = aFile()
  await using before = await startStack({ options, ledger: sqliteLedger(file) })
  await call(before)
  await using after = await startStack({ options, ledger: sqliteLedger(file) })
  await after.billing.refresh(ada)
  expect(await call(after)).toBe('done')
  expect(await customersAtFlowglad(after)).toBe(1)
})

test('does not treat a customer as archived while Flowglad cannot be asked', async () => {
  await using stack = await startStack({ options })
  await call(stack)
  await archive(stack)
  stack.proxy.breakWith(({ path }) => (/\/subscriptions\//.test(path) ? { state: 'refused' } : undefined))
  for (let n = 0; n < 3; n++) expect(await call(stack)).toBe('done')
  stack.proxy.mend()
  await untilDenied(stack)
})
