import { Link, useSearch } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'
import { AccountForm } from './AccountForm.tsx'
import { problemOf } from './problemOf.ts'

export function SignUpScreen() {
  const { next } = useSearch({ strict: false })
  return (
    <AccountForm
      title="Create your account"
      lead="Start on the Free plan, with credits to try everything. You don't need a card."
      submit="Create account"
      submitting="Creating your account…"
      withName
      send={(account) => problemOf(authClient.signUp.email(account))}
    >
      Already have an account?{' '}
      <Link to="/sign-in" search={next ? { next } : {}}>
        Sign in
      </Link>
    </AccountForm>
  )
}
