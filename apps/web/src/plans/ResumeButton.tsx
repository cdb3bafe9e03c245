import { useResumePlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { PlanProblem } from './PlanProblem.tsx'

/** Undoes a scheduled cancellation or downgrade. */
export function ResumeButton({ keep, onKept }: { keep: string; onKept: () => void }) {
  const resume = useResumePlan()

  // This button can unmount before the response arrives. A callback passed to mutate() wouldn't run then.
  const undo = () =>
    resume.mutateAsync().then(
      onKept,
      // Ignore the rejection, because the button shows the error.
      () => {},
    )
  return (
    <>
      {resume.isError && <PlanProblem error={resume.error} />}
      <BusyButton size="sm" busy={resume.isPending} onClick={() => void undo()}>
        {resume.isPending ? 'Undoing…' : `Keep ${keep}`}
      </BusyButton>
    </>
  )
}
