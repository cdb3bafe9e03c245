import { Button } from '@mantine/core'
import { amountOf, type Meter } from '../format/meters.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { PlanProblem } from './PlanProblem.tsx'

interface ForfeitWarningProps {
  plan: string
  forfeited: { meter: Meter; amount: number }[]
  /** The forfeited credits with their sources, such as `48 pictures from packs`. */
  lost: string
  busy: boolean
  /** The reason why the checkout didn't open. Shown in the dialog, because the dialog covers the rest of the screen. */
  error: Error | null
  onConfirm: () => void
  onClose: () => void
}

export function ForfeitWarning({
  plan,
  forfeited,
  lost,
  busy,
  error,
  onConfirm,
  onClose,
}: ForfeitWarningProps) {
  const credits = forfeited.map(({ meter, amount }) => amountOf(meter, amount)).join(' and ')
  return (
    <Dialog
      title={`You would lose credits for ${credits}`}
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
      You have {lost}. These credits end with your Free plan, so you'll lose them if you upgrade to {plan}{' '}
      now. You can use them first and upgrade later.
      {error && <PlanProblem error={error} />}
    </Dialog>
  )
}
