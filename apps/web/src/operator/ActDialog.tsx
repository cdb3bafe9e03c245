import { Button, Textarea } from '@mantine/core'
import { type ReactNode, useId, useRef, useState } from 'react'
import type { RouterInput } from '../api/trpc.ts'
import { trpc } from '../api/trpc.ts'
import { SignInAgain } from '../denials/SignInAgain.tsx'
import { formatTime } from '../format/format.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { takeFocus } from '../parts/focus.ts'
import { Notice } from '../parts/Notice.tsx'
import { actProblem } from './actProblem.ts'
import { Changes } from './Changes.tsx'
import classes from './Operator.module.css'
import { actTitle, type RecordedAct, refusals } from './words.ts'

type Act = RouterInput['operator']['act']['act']

const maxReason = 500

interface ActDialogProps {
  customer: string
  /** The newest change that an operator made to this customer, or null if no operator has made one. */
  newest: RecordedAct | null
  title: string
  /** The confirming button's label. */
  verb: string
  /** The change to make, or null while a field is invalid. */
  act: Act | null
  /** Called if the operator confirms while `act` is null. */
  onInvalid?: () => void
  onClose: () => void
  /** Explains the change, and contains its input fields. */
  children: ReactNode
}

const titles = { done: 'Done', repeated: 'Already done', refused: 'Nothing was changed' }

/**
 * Explains a change and asks for the operator's reason. After the confirmation, shows the result or why the change
 * was refused.
 */
export function ActDialog({
  customer,
  newest,
  title,
  verb,
  act,
  onInvalid,
  onClose,
  children,
}: ActDialogProps) {
  // A double click, or a retry after a lost response, sends the same ID, so the change is made only once.
  const [id] = useState(() => crypto.randomUUID())
  const [seen, setSeen] = useState(newest)
  const [reason, setReason] = useState('')
  const [isReasonMissing, setReasonMissing] = useState(false)
  const reasonField = useRef<HTMLTextAreaElement>(null)
  const form = useId()
  const utils = trpc.useUtils()
  const mutation = trpc.operator.act.useMutation({
    // The change may have been made even if the response is an error.
    onSettled: () => utils.operator.invalidate(),
  })
  const answer = mutation.data
  const isOutdated = answer?.state === 'refused' && answer.why === 'changed'

  function submit() {
    if (mutation.isPending) return
    const text = reason.trim()
    setReasonMissing(text === '')
    if (act === null) onInvalid?.()
    else if (text === '') reasonField.current?.focus()
    else {
      const shown = isOutdated ? newest : seen
      setSeen(shown)
      mutation.mutate({ customer, id, reason: text, act, newestAct: shown?.id ?? null })
    }
  }

  if (answer && !isOutdated)
    return (
      <Dialog
        title={titles[answer.state]}
        onClose={onClose}
        actions={
          <Button ref={takeFocus} onClick={onClose}>
            Close
          </Button>
        }
      >
        <div role="status">
          {answer.state === 'refused' ? (
            <p>{refusals[answer.why]}</p>
          ) : (
            <>
              <p>
                {answer.state === 'done'
                  ? `${actTitle(answer.act)}.`
                  : `${actTitle(answer.act)}. ${answer.act.by} did this on ${formatTime(answer.act.at)}. The change wasn't made again.`}
              </p>
              <Changes changes={answer.act.changes} />
            </>
          )}
        </div>
      </Dialog>
    )

  const problem = mutation.error && actProblem(mutation.error)
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <BusyButton type="submit" form={form} busy={mutation.isPending}>
            {mutation.isPending ? 'Working…' : isOutdated ? `${verb} anyway` : verb}
          </BusyButton>
        </>
      }
    >
      <form
        id={form}
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {children}
        <Textarea
          ref={reasonField}
          label="Reason"
          description="The reason is recorded with the change, and can't be edited later."
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={isReasonMissing && reason.trim() === '' ? 'Enter a reason.' : undefined}
          maxLength={maxReason}
          rows={3}
          required
          withAsterisk={false}
        />
      </form>
      <div className={classes.outcome}>
        {isOutdated && (
          <Notice tone="warning" role="alert" title={refusals.changed}>
            {newest && (
              <p>
                {newest.by}: {actTitle(newest)}. “{newest.reason}”
              </p>
            )}
            <p>Nothing was changed. Check whether your change is still needed.</p>
          </Notice>
        )}
        {problem && (
          <Notice
            tone="critical"
            role="alert"
            title={problem.title}
            actions={problem.isSignedOut ? <SignInAgain /> : undefined}
          >
            {problem.detail}
          </Notice>
        )}
      </div>
    </Dialog>
  )
}
