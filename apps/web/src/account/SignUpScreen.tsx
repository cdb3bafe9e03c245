import { Link, useSearch } from '@tanstack/react-router'
import { authClient } from '../api/authClient.ts'
import { AccountForm } from './AccountForm.tsx'
import { problemOf } from './problemOf.ts'
import { SignedOut } from './SignedOut.tsx'

export function SignUpScreen() {
  const { next } = useSearch({ strict: false })
  return (
    <SignedOut>
      <AccountForm
        title="Create your account"
        lead="Start on the Free plan, with credits to try everything. You don't need a card."
        submit="Create account"
        submitting="Creating your account…"
        fields={['name', 'email', 'newPassword']}
        send={({ name, email, newPassword }) =>
          problemOf(authClient.signUp.email({ name, email, password: newPassword }))
        }
      >
        <p>
          Already have an account?{' '}
          <Link to="/sign-in" search={next ? { next } : {}}>
            Sign in
          </Link>
        </p>
      </AccountForm>
    </SignedOut>
  )
}
