import { Button } from '@mantine/core'
import type { PlanSummary } from '@metered/billing/client'
import { useState } from 'react'
import { useCancelPlan } from '../billing.ts'
import { formatDate } from '../format.ts'
import { PlanProblem } from '../plans/PlanProblem.tsx'
import { Dialog } from '../shell/Dialog.tsx'

/** Ends the plan with its paid period, after saying when that is. */
export function CancelButton({ plan }: { plan: PlanSummary }) {
  const [asking, setAsking] = useState(false)
  const cancel = useCancelPlan()
  const end = plan.renewsAt === null ? 'the end of the paid period' : formatDate(plan.renewsAt)
  function close() {
    setAsking(false)
    cancel.reset()
  }
  return (
    <>
      <Button variant="subtle" color="madder" c="var(--text-critical)" onClick={() => setAsking(true)}>
        Cancel plan
      </Button>
      {asking && (
        <Dialog
          title={`Cancel ${plan.name}?`}
          onClose={close}
          actions={
            <>
              <Button variant="default" onClick={close}>
                Keep {plan.name}
              </Button>
              <Button
                color="madder"
                disabled={cancel.isPending}
                onClick={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}
              >
                {cancel.isPending ? 'Cancelling…' : `Cancel on ${end}`}
              </Button>
            </>
          }
        >
          {plan.name} ends on {end}. Until then everything stays as it is, and you can take it back. Your
          pictures stay yours.
          {cancel.isError && <PlanProblem error={cancel.error} />}
        </Dialog>
      )}
    </>
  )
}
