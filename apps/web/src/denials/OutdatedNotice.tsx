import { useBillingStatus } from '../api/billing.ts'
import { useUser } from '../api/Session.tsx'
import { formatTime } from '../format/format.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Notice } from '../parts/Notice.tsx'

/**
 * Warns that Flowglad is unreachable and that the screen shows older data. Disappears when Flowglad responds
 * again.
 */
export function OutdatedNotice() {
  const user = useUser()
  const { data: status, refetch, isFetching } = useBillingStatus()
  // If there is no data at all, each section shows its own error.
  if (user === null || !status || status.current || status.asOf === null) return null
  return (
    <Notice
      tone="warning"
      title="Billing is temporarily unavailable"
      actions={
        <BusyButton size="sm" variant="default" busy={isFetching} onClick={() => void refetch()}>
          {isFetching ? 'Trying…' : 'Try again'}
        </BusyButton>
      }
    >
      This page shows data from {formatTime(status.asOf)}. You can't change your plan or card right now.
      Nothing is lost, Studio keeps working, and we'll keep trying.
    </Notice>
  )
}
