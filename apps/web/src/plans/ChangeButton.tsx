import { Button } from '@mantine/core'
import type { PlanSummary } from '@metered/billing/client'
import { useState } from 'react'
import { useChangePlan } from '../billing.ts'
import { formatDate, formatMoney } from '../format.ts'
import { Dialog } from '../shell/Dialog.tsx'
import type { Offer } from './offers.ts'
import { PlanProblem } from './PlanProblem.tsx'

interface ChangeButtonProps {
  offer: Offer
  plan: PlanSummary
  isUpgrade: boolean
}

/** Changes from one paid plan to another, or down to the free one, after saying what happens when. */
export function ChangeButton({ offer, plan, isUpgrade }: ChangeButtonProps) {
  const [asking, setAsking] = useState(false)
  const change = useChangePlan()
  const end = plan.renewsAt === null ? 'the end of the paid period' : formatDate(plan.renewsAt)
  const verb = isUpgrade ? 'Upgrade' : 'Downgrade'

  function close() {
    setAsking(false)
    change.reset()
  }
  return (
    <>
      <Button fullWidth variant={isUpgrade ? 'filled' : 'default'} onClick={() => setAsking(true)}>
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
              <Button
                disabled={change.isPending}
                onClick={() =>
                  change.mutate({ priceSlug: offer.priceSlug }, { onSuccess: () => setAsking(false) })
                }
              >
                {change.isPending ? 'Changing…' : `${verb} ${isUpgrade ? 'now' : `on ${end}`}`}
              </Button>
            </>
          }
        >
          {isUpgrade
            ? `${offer.name} starts at once. You pay ${formatMoney(offer.unitPrice, offer.currency)} a month from now on, less what is left of this month's ${plan.name}.`
            : offer.isFree
              ? `${plan.name} ends on ${end}. Until then everything stays as it is, and you can take it back.`
              : `${offer.name} starts on ${end}. Until then you keep ${plan.name} with all its credits, and you can take it back.`}
          {change.isError && <PlanProblem error={change.error} />}
        </Dialog>
      )}
    </>
  )
}
