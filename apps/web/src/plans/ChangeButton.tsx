import { Button } from '@mantine/core'
import type { PlanSummary } from '@metered/billing/client'
import { useState } from 'react'
import { useChangePlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { passFocusOn } from '../parts/focus.ts'
import { endOf } from './endOf.ts'
import type { Offer } from './offers.ts'
import { PlanEnds } from './PlanEnds.tsx'
import { PlanProblem } from './PlanProblem.tsx'
import { priceOf } from './priceOf.ts'

interface ChangeButtonProps {
  offer: Offer
  plan: PlanSummary
  isUpgrade: boolean
}

/** Changes a paid plan to another plan. First shows the effects of the change and asks for confirmation. */
export function ChangeButton({ offer, plan, isUpgrade }: ChangeButtonProps) {
  const [asking, setAsking] = useState(false)
  const change = useChangePlan()
  const verb = isUpgrade ? 'Upgrade' : 'Downgrade'

  function close() {
    setAsking(false)
    change.reset()
  }
  return (
    <>
      <Button
        ref={passFocusOn}
        fullWidth
        variant={isUpgrade ? 'filled' : 'default'}
        onClick={() => setAsking(true)}
      >
        {verb} to {offer.name}
      </Button>
      {asking && (
        <Dialog
          title={`${verb} to ${offer.name}?`}
          onClose={close}
          actions={
            <>
              <Button variant="default" onClick={close}>
                Keep {plan.name}
              </Button>
              <BusyButton
                busy={change.isPending}
                onClick={() =>
                  change.mutate({ priceSlug: offer.priceSlug }, { onSuccess: () => setAsking(false) })
                }
              >
                {change.isPending ? 'Changing…' : `${verb} ${isUpgrade ? 'now' : endOf(plan)}`}
              </BusyButton>
            </>
          }
        >
          {offer.isFree ? <PlanEnds plan={plan} /> : <PlanChanges {...{ offer, plan, isUpgrade }} />}
          {change.isError && <PlanProblem error={change.error} />}
        </Dialog>
      )}
    </>
  )
}

function PlanChanges({ offer, plan, isUpgrade }: ChangeButtonProps) {
  const price = priceOf(offer)
  return (
    <>
      <p>
        {isUpgrade
          ? `${offer.name} starts now. You pay ${price}, minus a credit for the unused time on ${plan.name}.`
          : `${offer.name} starts ${endOf(plan)}, for ${price}. Until then, you keep ${plan.name} and its credits, and you can undo the change.`}
      </p>
      {plan.cancelsAt !== null && (
        <p>This also undoes your cancellation. {offer.name} renews until you cancel it.</p>
      )}
    </>
  )
}
