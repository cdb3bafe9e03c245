import { useBudgets, useRemoveBudget } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { LimitProblem } from './LimitProblem.tsx'

interface RemoveLimitProps {
  id: string
  describedBy: string
  /** Called when the server has removed the limit. The list still contains it at that time. */
  onRemoved: () => void
}

/** Removes a limit without confirmation, because the customer can set it again. */
export function RemoveLimit({ id, describedBy, onRemoved }: RemoveLimitProps) {
  const remove = useRemoveBudget()
  const { isFetching } = useBudgets()
  const isBusy = remove.isPending || (remove.isSuccess && isFetching)
  return (
    <>
      <BusyButton
        variant="default"
        size="sm"
        busy={isBusy}
        aria-describedby={describedBy}
        onClick={() => remove.mutate({ id }, { onSuccess: onRemoved })}
      >
        {isBusy ? 'Removing…' : 'Remove'}
      </BusyButton>
      {remove.error && <LimitProblem error={remove.error} />}
    </>
  )
}
