import { Button } from '@mantine/core'
import { amountOf, type Meter } from '../format/meters.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { PlanProblem } from './PlanProblem.tsx'

interface ForfeitWarningProps {
  plan: string
  forfeited: { meter: Meter; amount: number }[]
  busy: boolean
  /** Why the checkout did not open: said in here, what is behind a dialog is out of reach. */
  error: Error | null
  onConfirm: () => void
  onClose: () => void
}

export function ForfeitWarning({ plan, forfeited, busy, error, onConfirm, onClose }: ForfeitWarningProps) {
  const credits = forfeited.map(({ meter, amount }) => amountOf(meter, amount)).join(' and ')
  return (
    <Dialog
      title={`Upgrading leaves ${credits} behind`}
      onClose={onClose}
      actions={
        <>
          <Button variant="default" onClick={onClose}>
            Keep my credits
          </Button>
          <BusyButton onClick={onConfirm} busy={busy}>
            {busy ? 'Opening the checkout…' : `Upgrade to ${plan} anyway`}
          </BusyButton>
        </>
      }
    >
      The pack you bought belongs to your Free plan. When {plan} replaces it, the {credits} left in the pack
      cannot be used any more. You can use them up first: {plan} will still be here.
      {error && <PlanProblem error={error} />}
    </Dialog>
  )
}
