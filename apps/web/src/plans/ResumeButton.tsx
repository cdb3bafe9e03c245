import { Button } from '@mantine/core'
import { useResumePlan } from '../billing.ts'
import { PlanProblem } from './PlanProblem.tsx'

/** Takes back a scheduled cancellation or downgrade. */
export function ResumeButton({ keep }: { keep: string }) {
  const resume = useResumePlan()
  return (
    <>
      {resume.isError && <PlanProblem error={resume.error} />}
      <Button size="sm" disabled={resume.isPending} onClick={() => resume.mutate()}>
        {resume.isPending ? 'Taking it back…' : `Keep ${keep}`}
      </Button>
    </>
  )
}
