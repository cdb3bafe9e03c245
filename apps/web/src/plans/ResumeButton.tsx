import { useResumePlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { PlanProblem } from './PlanProblem.tsx'

/** Undoes a scheduled cancellation or downgrade. Afterwards, calls `onResumed`. */
export function ResumeButton({ keep, onResumed }: { keep: string; onResumed?: () => void }) {
  const resume = useResumePlan()
  // This button unmounts when the balances show the kept plan. A callback passed to mutate() doesn't run after that.
  const confirm = () =>
    resume.mutateAsync().then(
      () => onResumed?.(),
      // Ignore the rejection, because the text above the button shows the error.
      () => {},
    )
  return (
    <>
      {resume.isError && <PlanProblem error={resume.error} />}
      <BusyButton size="sm" busy={resume.isPending} onClick={() => void confirm()}>
        {resume.isPending ? 'Undoing…' : `Keep ${keep}`}
      </BusyButton>
    </>
  )
}
