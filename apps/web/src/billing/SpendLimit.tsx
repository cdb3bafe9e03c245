import { Button } from '@mantine/core'
import type { Budget } from '@metered/billing/client'
import { useId, useLayoutEffect, useRef, useState } from 'react'
import { formatDay } from '../format/format.ts'
import { limitRules, limitText } from '../format/limits.ts'
import { amountOf, type Meter, titleOf, unitsOf } from '../format/meters.ts'
import { UsageBar } from '../parts/BalanceBar.tsx'
import { LimitForm } from './LimitForm.tsx'
import { RemoveLimit } from './RemoveLimit.tsx'
import classes from './SpendLimits.module.css'

interface SpendLimitProps {
  meter: Meter
  budget: Budget<Meter> | undefined
  /** Announces the effect of a change to screen readers. */
  announce: (text: string) => void
}

/** Shows one meter's monthly limit with its usage and reset date, and lets the customer change the limit. */
export function SpendLimit({ meter, budget, announce }: SpendLimitProps) {
  const [isEditing, setEditing] = useState(false)
  const row = useRef<HTMLLIElement>(null)
  const edit = useRef<HTMLButtonElement>(null)
  const hadFocus = useRef(false)
  const hasFocus = () => row.current?.contains(document.activeElement) === true

  function close() {
    hadFocus.current = hasFocus()
    setEditing(false)
  }
  // The form had the focus, so return it to the button that opened the form.
  useLayoutEffect(() => {
    if (isEditing || !hadFocus.current) return
    hadFocus.current = false
    edit.current?.focus()
  }, [isEditing])

  const name = useId()
  return (
    <li ref={row} className={classes.limit} data-testid={`limit-${meter}`}>
      <div className={classes.name}>
        <h3 id={name}>{titleOf(meter)}</h3>
        <p className={budget ? undefined : classes.dim}>{budget ? limitText(budget) : 'No limit'}</p>
      </div>
      {budget && <Use budget={budget} />}
      {isEditing ? (
        <LimitForm
          meter={meter}
          budget={budget}
          onClose={close}
          onSaved={(limit) => {
            close()
            announce(`Your limit is ${amountOf(meter, limit)} a month.`)
          }}
        />
      ) : (
        <div className={classes.actions}>
          <Button
            ref={edit}
            variant="default"
            size="sm"
            aria-describedby={name}
            onClick={() => setEditing(true)}
          >
            {budget ? 'Change' : 'Set a limit'}
          </Button>
          {budget && (
            <RemoveLimit
              id={budget.id}
              describedBy={name}
              onRemoved={() => {
                // The “Remove” button disappears, so move its focus to the other button.
                if (hasFocus()) edit.current?.focus()
                announce(`You have no limit on ${unitsOf(meter)}.`)
              }}
            />
          )}
        </div>
      )}
    </li>
  )
}

function Use({ budget }: { budget: Budget<Meter> }) {
  const { meter, limit, used, held, resetsAt, mode } = budget
  const isStopped = used >= limit && mode === 'block'
  const share = limit > 0 ? Math.min(used / limit, 1) : 1
  return (
    <div className={classes.use}>
      <UsageBar
        label={`${titleOf(meter)}, monthly limit`}
        text={limitText(budget)}
        {...{ limit, used, held, share }}
        status={share >= 1 ? 'exhausted' : share > 0.9 ? 'critical' : share > 0.75 ? 'warning' : 'ok'}
        size={8}
      />
      {resetsAt !== null && (
        <p className={isStopped ? classes.stopped : classes.dim}>
          {isStopped
            ? `No more ${unitsOf(meter)} until ${formatDay(resetsAt)}.`
            : `Resets on ${formatDay(resetsAt)}.`}
        </p>
      )}
      <p className={`${classes.dim} ${classes.rules}`}>{limitRules(budget)}</p>
    </div>
  )
}
