import { TRPCClientError } from '@trpc/client'
import { explainRefusal } from '../refusals/explainRefusal.ts'
import classes from './PlanProblem.module.css'

/** An order or change of plan that was not made. Billing's own words when the change is not possible: they are for the customer. */
export function PlanProblem({ error }: { error: Error }) {
  const { title, detail } = explainRefusal(error)
  const refusedByPlan = error instanceof TRPCClientError && error.data?.code === 'BAD_REQUEST'
  return (
    <p role="alert" className={classes.problem}>
      {refusedByPlan ? error.message : `${title}.`} {refusedByPlan ? 'Nothing was charged.' : detail}
    </p>
  )
}
