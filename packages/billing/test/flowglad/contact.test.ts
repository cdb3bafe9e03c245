import { expect, test } from 'vitest'
import { aUser, type Stack, startStack } from './startStack.ts'

const ada = aUser()
const start = () => startStack({ options: { snapshotMaxAgeMs: 1 } })
const contact = async ({ atFlowglad }: Stack) => {
  const { customer } = await atFlowglad.sdk.customers.retrieve(ada.id)
  return [customer.name, customer.email]
}

/** Reads the balances until Flowglad has the customer's name and email, because only some reads trigger a fetch. */
const expectContact = (stack: Stack, user: typeof ada) =>
  expect
    .poll(async () => {
      await stack.billing.balances(user)
      return contact(stack)
    })
    .toEqual([user.name, user.email])

test("sends a customer's changed name and email to Flowglad with the next fetch", async () => {
  await using stack = await start()
  await expectContact(stack, ada)
  await expectContact(stack, { ...ada, email: 'lovelace@example.com' })
  await expectContact(stack, { ...ada, name: 'Ada King' })
})

test('sends no update if neither the name nor the email has changed', async () => {
  await using stack = await start()
  for (let n = 0; n < 5; n++) await stack.billing.balances(ada)
  expect(stack.proxy.seen.filter(({ method }) => method === 'PUT')).toEqual([])
})

test('sends a rejected update again with the next fetch', async () => {
  await using stack = await start()
  await stack.billing.balances(ada)
  const renamed = { ...ada, name: 'Ada King' }
  stack.proxy.breakWith(({ method }) => (method === 'PUT' ? { state: 'page', status: 500 } : undefined))
  expect((await stack.billing.balances(renamed)).balances).not.toEqual([])
  stack.proxy.mend()
  await expectContact(stack, renamed)
})
