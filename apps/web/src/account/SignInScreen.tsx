import { Link, useSearch } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'
import { AccountForm } from './AccountForm.tsx'
import { problemOf } from './problemOf.ts'

export function SignInScreen() {
  const { next } = useSearch({ strict: false })
  return (
    <AccountForm
      title="Sign in"
      lead={next ? 'Sign in to continue.' : 'Welcome back.'}
      submit="Sign in"
      submitting="Signing in…"
      send={({ email, password }) => problemOf(authClient.signIn.email({ email, password }))}
    >
      New here?{' '}
      <Link to="/sign-up" search={next ? { next } : {}}>
        Create an account
      </Link>
    </AccountForm>
  )
}
