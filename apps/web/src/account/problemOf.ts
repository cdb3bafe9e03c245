interface Answer {
  error: { status: number; code?: string | undefined; message?: string | undefined } | null
}

/** What to tell somebody whose sign-in or sign-up did not work; null when it did. */
export function problemOf({ error }: Answer): string | null {
  if (error === null) return null
  if (!navigator.onLine || error.status === 0) return 'You are offline. Connect and try again.'
  switch (error.code) {
    case 'INVALID_EMAIL_OR_PASSWORD':
      return 'Email and password do not match. Check both and try again.'
    case 'USER_ALREADY_EXISTS':
    case 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL':
      return 'There is already an account with this email. Sign in instead.'
  }
  if (error.status === 429) return 'Too many attempts. Wait a minute, then try again.'
  if (error.status >= 500) return 'Signing in does not work at the moment. Try again shortly.'
  return error.message ?? 'That did not work. Try again.'
}
