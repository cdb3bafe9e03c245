import { PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Notice } from '../parts/Notice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { SubmitButton } from '../parts/SubmitButton.tsx'
import classes from './AccountForm.module.css'

type Field = 'name' | 'email' | 'password' | 'newPassword'
type Values = Record<Field, string>

interface AccountFormProps {
  title: string
  lead: string
  submit: string
  submitting: string
  fields: readonly Field[]
  /** Returns a message for the user, or null on success. */
  send: (values: Values) => Promise<string | null>
  /** Links to other forms, one per paragraph. */
  children: ReactNode
}

export function AccountForm({ title, lead, submit, submitting, fields, send, children }: AccountFormProps) {
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  // Scripts that fill in a sign-up form expect a field called `password`.
  const newPasswordName = fields.includes('email') ? 'password' : 'newPassword'

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const data = new FormData(event.currentTarget)
    const value = (field: Field) => String(data.get(field) ?? '')
    setBusy(true)
    const failure = await send({
      name: value('name').trim(),
      email: value('email').trim(),
      password: value('password'),
      newPassword: value(newPasswordName),
    })
    setProblem(failure)
    // On success, the form stays busy until the next screen replaces it.
    if (failure !== null) setBusy(false)
  }

  return (
    <div className={classes.card}>
      <Screen title={title} lead={lead}>
        <form onSubmit={(event) => void onSubmit(event)} className={classes.form}>
          {problem && <Notice tone="critical" role="alert" title={problem} />}
          {fields.includes('name') && (
            <TextInput name="name" label="Name" autoComplete="name" size="md" required withAsterisk={false} />
          )}
          {fields.includes('email') && (
            <TextInput
              name="email"
              type="email"
              label="Email"
              autoComplete="email"
              size="md"
              required
              withAsterisk={false}
            />
          )}
          {fields.includes('password') && (
            <Password name="password" label="Password" autoComplete="current-password" />
          )}
          {fields.includes('newPassword') && (
            <Password
              name={newPasswordName}
              label={fields.includes('email') ? 'Password' : 'New password'}
              description="At least 8 characters"
              minLength={8}
              autoComplete="new-password"
            />
          )}
          <SubmitButton busy={busy} fullWidth mt={4}>
            {busy ? submitting : submit}
          </SubmitButton>
        </form>
        <div className={classes.other}>{children}</div>
      </Screen>
    </div>
  )
}

interface PasswordProps {
  name: Field
  label: string
  description?: string
  minLength?: number
  autoComplete: string
}

function Password(props: PasswordProps) {
  const [visible, setVisible] = useState(false)
  return (
    <PasswordInput
      {...props}
      visible={visible}
      onVisibilityChange={setVisible}
      visibilityToggleButtonProps={{
        'aria-label': visible ? 'Hide password' : 'Show password',
        tabIndex: 0,
      }}
      size="md"
      required
      withAsterisk={false}
    />
  )
}
