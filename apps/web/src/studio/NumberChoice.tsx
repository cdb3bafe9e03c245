import { SegmentedControl } from '@mantine/core'
import { useId } from 'react'
import { formatNumber } from '../format/format.ts'
import classes from './PromptForm.module.css'

interface NumberChoiceProps {
  label: string
  numbers: number[]
  value: number
  onChange: (chosen: number) => void
}

/** Lets the user choose one of a few numbers, below a visible label. */
export function NumberChoice({ label, numbers, value, onChange }: NumberChoiceProps) {
  const id = useId()
  return (
    <div className={classes.choice}>
      <span id={id} className={classes.label}>
        {label}
      </span>
      <SegmentedControl
        aria-labelledby={id}
        data={numbers.map((it) => ({ value: String(it), label: formatNumber(it) }))}
        value={String(value)}
        onChange={(chosen) => onChange(Number(chosen))}
      />
    </div>
  )
}
