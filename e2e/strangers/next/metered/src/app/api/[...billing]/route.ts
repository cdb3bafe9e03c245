import { billingHandler } from '@metered/billing/fetch'
import { billing } from '~/billing'
import { currentUser } from '~/user'

const handler = billingHandler(billing, { customer: currentUser })
export { handler as GET, handler as POST }
