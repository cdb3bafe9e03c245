export { aCustomer, createTestBilling } from './createTestBilling.ts'
export { testClock } from './testClock.ts'
