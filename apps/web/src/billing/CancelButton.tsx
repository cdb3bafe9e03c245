import { Button } from '@mantine/core'
import type { PlanSummary } from '@metered/billing/client'
import { useState } from 'react'
import { useCancelPlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { passFocusOn } from '../parts/focus.ts'
import { shortEndOf } from '../plans/endOf.ts'
import { PlanEnds } from '../plans/PlanEnds.tsx'
import { PlanProblem } from '../plans/PlanProblem.tsx'

/**
 * Cancels the plan at the end of the paid period. First shows the date on which the plan would end, and asks
 * for confirmation.
 */
export function CancelButton({ plan }: { plan: PlanSummary }) {
  const [asking, setAsking] = useState(false)
  const cancel = useCancelPlan()

  function close() {
    setAsking(false)
    cancel.reset()
  }
  return (
    <>
      <Button ref={passFocusOn} variant="default" c="var(--text-critical)" onClick={() => setAsking(true)}>
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
              <BusyButton
                color="madder"
                busy={cancel.isPending}
                onClick={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}
              >
                {cancel.isPending ? 'Canceling…' : `Cancel ${shortEndOf(plan)}`}
              </BusyButton>
            </>
          }
        >
          <PlanEnds plan={plan} />
          {cancel.isError && <PlanProblem error={cancel.error} />}
        </Dialog>
      )}
    </>
  )
}
