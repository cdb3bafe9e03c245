import { Link, useSearch } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'
import { AccountForm } from './AccountForm.tsx'
import { AccountLink } from './AccountLink.tsx'
import { problemOf } from './problemOf.ts'
import { SignedOut } from './SignedOut.tsx'

export function SignInScreen() {
  const { next, password } = useSearch({ strict: false })
  return (
    <SignedOut>
      <AccountForm
        title="Sign in"
        lead={
          password === 'changed'
            ? 'Your password has been changed. Sign in with the new one.'
            : next
              ? 'Sign in to continue.'
              : 'Welcome back.'
        }
        submit="Sign in"
        submitting="Signing in…"
        fields={['email', 'password']}
        send={({ email, password }) => problemOf(authClient.signIn.email({ email, password }))}
      >
        <AccountLink to="/forgot-password">Forgot password?</AccountLink>
        <p>
          New here?{' '}
          <Link to="/sign-up" search={next ? { next } : {}}>
            Create an account
          </Link>
        </p>
      </AccountForm>
    </SignedOut>
  )
}
