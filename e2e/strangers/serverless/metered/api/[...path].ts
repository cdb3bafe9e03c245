import { billingHandler } from '@metered/billing/fetch'
import { billing } from '../src/billing.js'
import { userOf } from '../src/user.js'

export default billingHandler(billing, { customer: userOf })
