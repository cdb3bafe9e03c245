import { expect, test } from 'vitest'
import { CustomerPayments } from '../../src/flowglad/customerPayments.ts'

test("requests a customer's payments at most once a second while the requests fail", async () => {
  let now = 0
  let requests = 0
  const payments = new CustomerPayments({
    flowglad: {
      async payments() {
        requests++
        throw new Error('Flowglad is down')
      },
    },
    clock: { now: () => now },
  })
  const read = () => expect(payments.read('cust_1')).rejects.toThrow('Flowglad is down')
  await read()
  now = 900
  await read()
  expect(requests).toBe(1)
  now = 1_100
  await read()
  expect(requests).toBe(2)
})
