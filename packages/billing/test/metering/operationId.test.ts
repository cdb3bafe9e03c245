import { expect, test } from 'vitest'
import { operationId } from '../../src/metering/operationId.ts'

const operation = { customer: 'ada', procedure: 'write', key: 'k', fingerprint: 'a'.repeat(64) }

test.each([
  ['customer', { customer: 'bob' }],
  ['procedure', { procedure: 'paint' }],
  ['key', { key: 'l' }],
  ['input', { fingerprint: 'b'.repeat(64) }],
])('returns a different ID if the %s differs', (_, changed) => {
  expect(operationId({ ...operation, ...changed })).not.toBe(operationId(operation))
})

test('contains neither the customer nor the key', () => {
  const id = operationId({ ...operation, customer: 'customer-1', key: 'order-1' })
  expect(id).not.toMatch(/customer-1|order-1/)
})
