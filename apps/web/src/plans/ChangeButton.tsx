import { Button } from '@mantine/core'
import type { PlanSummary } from '@metered/billing/client'
import { TRPCClientError } from '@trpc/client'
import { useState } from 'react'
import { useChangePlan, useChangePreview } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { passFocusOn } from '../parts/focus.ts'
import { LinkButton } from '../parts/LinkButton.tsx'
import { ChangeCost } from './ChangeCost.tsx'
import type { ConfirmedChange } from './Changed.tsx'
import { shortEndOf } from './endOf.ts'
import { LazyPaymentButton } from './LazyPaymentButton.tsx'
import type { Offer } from './offers.ts'
import { chargeText } from './overage.ts'
import classes from './PlanCard.module.css'
import { PlanEnds } from './PlanEnds.tsx'
import { PlanProblem } from './PlanProblem.tsx'
import { familyOf } from './planFamilies.ts'
import { shortPriceOf } from './priceOf.ts'

interface ChangeButtonProps {
  offer: Offer
  plan: PlanSummary
  /** Whether the change takes effect now and can cost money. */
  isUpgrade: boolean
  /** `Switch` is a change to another interval, or to a plan with the same price. */
  verb: 'Upgrade' | 'Downgrade' | 'Switch'
  variant: 'filled' | 'default'
  /** Called with the response. Also called after a failure, because the server may have made the change. */
  onChanged: (change: ConfirmedChange) => void
}

/** Changes a paid plan to another plan. First shows what the change costs and asks for confirmation. */
export function ChangeButton({ offer, plan, isUpgrade, verb, variant, onChanged }: ChangeButtonProps) {
  const [asking, setAsking] = useState(false)
  const preview = useChangePreview(asking && !offer.isFree ? offer.priceSlug : null)
  const change = useChangePlan()

  // The customer sees what a change costs and takes away before confirming it.
  const isUnpriced = !offer.isFree && preview.data === undefined
  const priceFailed = isUnpriced && preview.isError
  const charge = preview.data?.timing === 'now' ? preview.data.charge : 0
  const confirmation =
    preview.data && charge > 0
      ? `Pay ${chargeText(preview.data)} and ${verb.toLowerCase()}`
      : `${verb} ${isUpgrade ? 'now' : shortEndOf(plan)}`
  const needsCard = change.isError && asksForCard(change.error)

  // This button unmounts when the balances show the new plan, possibly before the response arrives. A callback passed to
  // mutate() doesn't run after the unmount.
  function confirm() {
    const { priceSlug } = offer
    change.mutateAsync({ priceSlug }).then(
      (made) => {
        setAsking(false)
        onChanged({ priceSlug, made })
      },
      // The dialog shows the error.
      () => onChanged({ priceSlug, made: null }),
    )
  }

  function close() {
    setAsking(false)
    change.reset()
  }
  return (
    <>
      <Button
        ref={passFocusOn}
        fullWidth
        className={classes.button}
        variant={variant}
        onClick={() => setAsking(true)}
      >
        {verb} to {familyOf(offer)}
        {!offer.isFree && ` · ${shortPriceOf(offer)}`}
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
              {priceFailed ? (
                <BusyButton busy={preview.isFetching} onClick={() => void preview.refetch()}>
                  Try again
                </BusyButton>
              ) : (
                <BusyButton
                  variant={needsCard ? 'default' : 'filled'}
                  busy={change.isPending || isUnpriced}
                  onClick={confirm}
                >
                  {change.isPending ? 'Changing…' : needsCard ? 'Try again' : confirmation}
                </BusyButton>
              )}
              {needsCard && <LazyPaymentButton label="Use another card" reason="planChange" />}
            </>
          }
        >
          {offer.isFree ? (
            <PlanEnds plan={plan} />
          ) : priceFailed ? (
            <PlanProblem error={preview.error} />
          ) : (
            <ChangeCost offer={offer} plan={plan} preview={preview.data} />
          )}
          {change.isError &&
            (needsCard ? <PlanProblem error={change.error} /> : <ChangeProblem error={change.error} />)}
        </Dialog>
      )}
    </>
  )
}

/** Returns whether the card was declined. The billing router says so only in its message. */
const asksForCard = (error: Error) => error.message.includes('Use another card')

/** Explains why a change failed. A message from the billing router may ask for an action on the Billing screen. */
function ChangeProblem({ error }: { error: Error }) {
  const hasMessage =
    error instanceof TRPCClientError && ['BAD_REQUEST', 'CONFLICT'].includes(error.data?.code)
  return (
    <PlanProblem error={error}>
      {hasMessage && (
        <LinkButton to="/billing" size="sm" variant="default">
          Go to billing
        </LinkButton>
      )}
    </PlanProblem>
  )
}
