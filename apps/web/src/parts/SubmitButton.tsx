import type { ButtonProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { BusyButton } from './BusyButton.tsx'

interface SubmitButtonProps extends ButtonProps {
  busy: boolean
  'aria-describedby'?: string | undefined
  children: ReactNode
}

export const SubmitButton = (button: SubmitButtonProps) => <BusyButton {...button} type="submit" size="md" />
