import { billingRoutes } from '@metered/billing/fastify'
import { billingHandler as fetchHandler } from '@metered/billing/fetch'
import { billingHandler as nodeHandler } from '@metered/billing/node'
import { createTestBilling, testClock } from '@metered/billing/testing'
import fastify from 'fastify'
import { startFlowgladLocal } from 'flowglad-local'
import { billing, meters } from './billing.js'

const customer = () => ({ id: 'ada', name: 'Ada', email: 'ada@example.com' })

export const app = fastify()
export const registered = app.register(billingRoutes, { billing, customer })
export const onFetch = fetchHandler(billing, { customer })
export const onNode = nodeHandler(billing, { customer })
export const clock = testClock()
export const test = createTestBilling({
  meters,
  clock,
  customer,
  flowglad: { url: 'http://127.0.0.1:4010', key: 'sk_test' },
})
export const flowglad = startFlowgladLocal
