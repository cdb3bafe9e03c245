import { useResumePlan } from '../api/billing.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { PlanProblem } from './PlanProblem.tsx'

/** Undoes a scheduled cancellation or downgrade. */
export function ResumeButton({ keep }: { keep: string }) {
  const resume = useResumePlan()
  return (
    <>
      {resume.isError && <PlanProblem error={resume.error} />}
      <BusyButton size="sm" busy={resume.isPending} onClick={() => resume.mutate()}>
        {resume.isPending ? 'Undoing…' : `Keep ${keep}`}
      </BusyButton>
    </>
  )
}
