import { useBillingStatus } from '../api/billing.ts'
import { useUser } from '../api/Session.tsx'
import { formatTime } from '../format/format.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Notice } from '../parts/Notice.tsx'

/** Says so when Flowglad does not answer and a screen shows what it said last; gone by itself when it answers again. */
export function OutdatedNotice() {
  const user = useUser()
  const { data: status, refetch, isFetching } = useBillingStatus()
  // What of nothing is known at all, its own section says.
  if (user === null || !status || status.current || status.asOf === null) return null
  return (
    <Notice
      tone="warning"
      title="The billing service is not answering"
      actions={
        <BusyButton size="sm" variant="default" busy={isFetching} onClick={() => void refetch()}>
          {isFetching ? 'Trying…' : 'Try again'}
        </BusyButton>
      }
    >
      What you see is from {formatTime(status.asOf)}. Plans and cards cannot be changed until it answers;
      nothing is lost, Studio goes on working, and we keep trying.
    </Notice>
  )
}
