import { Button } from '@mantine/core'
import { amountOf, type Meter } from '../format/meters.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { PlanProblem } from './PlanProblem.tsx'

interface ForfeitWarningProps {
  plan: string
  forfeited: { meter: Meter; amount: number }[]
  busy: boolean
  /**
   * The error that prevented the checkout from opening. Appears inside the dialog, because the dialog covers
   * the rest of the screen.
   */
  error: Error | null
  onConfirm: () => void
  onClose: () => void
}

export function ForfeitWarning({ plan, forfeited, busy, error, onConfirm, onClose }: ForfeitWarningProps) {
  const credits = forfeited.map(({ meter, amount }) => amountOf(meter, amount)).join(' and ')
  return (
    <Dialog
      title={`You would lose ${credits}`}
      onClose={onClose}
      actions={
        <>
          <Button variant="default" onClick={onClose}>
            Don't upgrade yet
          </Button>
          <BusyButton onClick={onConfirm} busy={busy}>
            {busy ? 'Opening checkout…' : `Upgrade to ${plan} anyway`}
          </BusyButton>
        </>
      }
    >
      Credits from packs, and credits that we added, end with your Free plan. If you upgrade to {plan} now,
      you lose {credits}. You can use them first and upgrade later.
      {error && <PlanProblem error={error} />}
    </Dialog>
  )
}
