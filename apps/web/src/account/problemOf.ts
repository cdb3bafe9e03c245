interface Answer {
  error: { status: number; code?: string | undefined; message?: string | undefined } | null
}

/** What to tell somebody whose sign-in, sign-up or sign-out did not work; null when it did. */
export async function problemOf(asked: Promise<Answer>): Promise<string | null> {
  let error: Answer['error']
  try {
    ;({ error } = await asked)
  } catch {
    // No answer at all: better-auth passes on what fetch throws.
    return navigator.onLine
      ? 'Studio cannot be reached. Check your connection and try again.'
      : 'You are offline. Connect and try again.'
  }
  if (error === null) return null
  switch (error.code) {
    case 'INVALID_EMAIL_OR_PASSWORD':
      return 'Email and password do not match. Check both and try again.'
    // The address is the one thing that the form lets through and the server does not.
    case 'VALIDATION_ERROR':
    case 'INVALID_EMAIL':
      return 'This is not a complete email address. Check it and try again.'
    case 'USER_ALREADY_EXISTS':
    case 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL':
      return 'There is already an account with this email. Sign in instead.'
  }
  if (error.status === 429) return 'Too many attempts. Wait a minute, then try again.'
  if (error.status >= 500) return 'That does not work at the moment. Try again shortly.'
  return error.message ?? 'That did not work. Try again.'
}
