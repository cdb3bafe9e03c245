import { PasswordInput, TextInput } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useUser } from '../api/Session.tsx'
import { Notice } from '../parts/Notice.tsx'
import { Screen } from '../parts/Screen.tsx'
import { SubmitButton } from '../parts/SubmitButton.tsx'
import classes from './AccountForm.module.css'
import { Redirect } from './Redirect.tsx'

interface Credentials {
  name: string
  email: string
  password: string
}

interface AccountFormProps {
  title: string
  lead: string
  submit: string
  submitting: string
  withName?: boolean
  /** Returns a message for the user, or null on success. */
  send: (credentials: Credentials) => Promise<string | null>
  children: ReactNode
}

export function AccountForm({ title, lead, submit, submitting, withName, send, children }: AccountFormProps) {
  const user = useUser()
  const { next } = useSearch({ strict: false })
  const [problem, setProblem] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const [visible, setVisible] = useState(false)
  if (user !== null) return <Redirect href={next ?? '/'} />

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (busy) return
    const fields = new FormData(event.currentTarget)
    const field = (name: string) => String(fields.get(name) ?? '').trim()
    setBusy(true)
    const failure = await send({
      name: field('name'),
      email: field('email'),
      password: String(fields.get('password') ?? ''),
    })
    setProblem(failure)
    // On success, the form stays busy until the session arrives and the next screen replaces the form.
    if (failure !== null) setBusy(false)
  }

  return (
    <div className={classes.card}>
      <Screen title={title} lead={lead}>
        <form onSubmit={(event) => void onSubmit(event)} className={classes.form}>
          {problem && <Notice tone="critical" role="alert" title={problem} />}
          {withName && (
            <TextInput name="name" label="Name" autoComplete="name" size="md" required withAsterisk={false} />
          )}
          <TextInput
            name="email"
            type="email"
            label="Email"
            autoComplete="email"
            size="md"
            required
            withAsterisk={false}
          />
          <PasswordInput
            name="password"
            label="Password"
            description={withName ? 'At least 8 characters' : undefined}
            minLength={withName ? 8 : undefined}
            autoComplete={withName ? 'new-password' : 'current-password'}
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
          <SubmitButton busy={busy} fullWidth mt={4}>
            {busy ? submitting : submit}
          </SubmitButton>
        </form>
        <p className={classes.other}>{children}</p>
      </Screen>
    </div>
  )
}
