import { Button, SegmentedControl, TextInput } from '@mantine/core'
import type { Budget, BudgetMode } from '@metered/billing/client'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { formatDay, formatNumber } from '../format/format.ts'
import { parseLimit } from '../format/limits.ts'
import { amountOf, type Meter, titleOf, unitsOf } from '../format/meters.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import { LimitProblem } from './LimitProblem.tsx'
import classes from './SpendLimits.module.css'
import { useSetLimit } from './useSetLimit.ts'

interface LimitFormProps {
  meter: Meter
  /** The current limit, if there is one. */
  budget: Budget<Meter> | undefined
  onClose: () => void
  onSaved: (limit: number) => void
}

const modes: { value: BudgetMode; label: string }[] = [
  { value: 'block', label: 'Stop' },
  { value: 'notify', label: 'Only tell me' },
]

/** Asks for a meter's monthly limit and its mode. Warns if the limit would stop all calls until it resets. */
export function LimitForm({ meter, budget, onClose, onSaved }: LimitFormProps) {
  const [text, setText] = useState(budget ? formatNumber(budget.limit) : '')
  const [mode, setMode] = useState<BudgetMode>(budget?.mode ?? 'block')
  const [isInvalid, setInvalid] = useState(false)
  const set = useSetLimit()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [])
  const limit = parseLimit(text)
  const atLimit = useId()

  function submit(event: FormEvent) {
    event.preventDefault()
    if (set.isPending) return
    setInvalid(limit === null)
    if (limit === null) field.current?.focus()
    // Keep the thresholds of a limit that was set elsewhere.
    else
      set.mutate({ meter, limit, mode, thresholds: budget?.thresholds }, { onSuccess: () => onSaved(limit) })
  }

  return (
    <form
      className={classes.form}
      aria-label={`Limit on ${unitsOf(meter)}`}
      noValidate
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <TextInput
        ref={field}
        className={classes.field}
        label={`${titleOf(meter)} a month`}
        description={mode === 'block' ? noteOn(limit, budget) : undefined}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={isInvalid && limit === null ? 'Enter a whole number, such as 500.' : undefined}
        inputMode="numeric"
        maxLength={15}
        size="md"
        autoComplete="off"
        required
        withAsterisk={false}
      />
      <div className={classes.mode}>
        <span id={atLimit} className={classes.label}>
          At the limit
        </span>
        <SegmentedControl
          aria-labelledby={atLimit}
          size="md"
          classNames={{ label: classes.choice ?? '' }}
          data={modes}
          value={mode}
          onChange={setMode}
        />
      </div>
      <div className={classes.submit}>
        <BusyButton type="submit" size="md" busy={set.isPending}>
          {set.isPending ? 'Saving…' : 'Save'}
        </BusyButton>
        <Button size="md" variant="default" onClick={onClose}>
          Cancel
        </Button>
      </div>
      {set.error && <LimitProblem error={set.error} />}
    </form>
  )
}

/** Explains a limit that stops all calls as soon as it is saved. */
function noteOn(limit: number | null, budget: Budget<Meter> | undefined): string | undefined {
  if (limit === null || !budget || budget.resetsAt === null || budget.used < limit) return undefined
  const { meter, used, resetsAt } = budget
  return `You've already used ${amountOf(meter, used)} this month, so this limit will stop new ones until ${formatDay(resetsAt)}.`
}
