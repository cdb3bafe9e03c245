import { TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { formatNumber, formatSigned } from '../format/format.ts'
import { ActDialog } from './ActDialog.tsx'
import { meterUnits, parseSigned, type RecordedAct, type Report } from './words.ts'

interface AdjustDialogProps {
  customer: string
  newest: RecordedAct | null
  row: Report['balances'][number]
  onClose: () => void
}

/** Asks an operator how many units to add to a balance or subtract from it. */
export function AdjustDialog({ row: { meter, available }, ...dialog }: AdjustDialogProps) {
  const [text, setText] = useState('')
  const [isInvalid, setInvalid] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const amount = parseSigned(text)
  return (
    <ActDialog
      {...dialog}
      title={`Adjust ${meterUnits(meter)}`}
      verb={amount === null ? 'Adjust' : `Adjust by ${formatSigned(amount)}`}
      act={amount === null ? null : { type: 'adjust', meter, amount }}
      onInvalid={() => {
        setInvalid(true)
        field.current?.focus()
      }}
    >
      <p>
        Adds {meterUnits(meter)} to this customer's balance, or subtracts them. The adjustment ends with the
        period. Flowglad's records don't change.
      </p>
      <TextInput
        ref={field}
        label="Units"
        description={
          amount === null
            ? 'For example, +5 adds five, and -5 subtracts five.'
            : `Available: ${formatNumber(available)} → ${formatNumber(available + amount)}`
        }
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={isInvalid && amount === null ? 'Enter a whole number, such as +5 or -5.' : undefined}
        maxLength={12}
        autoComplete="off"
        required
        withAsterisk={false}
      />
    </ActDialog>
  )
}
