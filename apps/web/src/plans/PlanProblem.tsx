import { billingRefusal } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { explainRefusal } from '../refusals/explainRefusal.ts'
import classes from './PlanProblem.module.css'

/** An order or change of plan that was not made. Billing's own words when the change is not possible: they are for the customer. */
export function PlanProblem({ error }: { error: Error }) {
  return (
    <p role="alert" className={classes.problem}>
      {problemWith(error)}
    </p>
  )
}

function problemWith(error: Error): string {
  if (billingRefusal(error)?.code === 'BILLING_UNAVAILABLE')
    return 'The billing service is not answering. Nothing was changed and nothing was charged; try again in a minute.'
  if (error instanceof TRPCClientError && error.data?.code === 'BAD_REQUEST')
    return `${error.message} Nothing was charged.`
  const { title, detail } = explainRefusal(error)
  return `${title}. ${detail}`
}
