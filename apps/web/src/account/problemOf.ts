interface Answer {
  error: { status: number; code?: string | undefined; message?: string | undefined } | null
}

/** Returns a message that explains why a request to `/api/auth` failed, or null on success. */
export async function problemOf(request: Promise<Answer>): Promise<string | null> {
  let error: Answer['error']
  try {
    ;({ error } = await request)
  } catch {
    // The server did not respond. better-auth rethrows fetch's error.
    return `Studio can't be reached. ${navigator.onLine ? 'Check your connection and try again.' : 'Try again when you are back online.'}`
  }
  if (error === null) return null
  switch (error.code) {
    case 'INVALID_EMAIL_OR_PASSWORD':
      return "Email and password don't match. Check both and try again."
    // The browser accepts some addresses that the server rejects.
    case 'VALIDATION_ERROR':
    case 'INVALID_EMAIL':
      return "This email address isn't valid. Check it and try again."
    case 'USER_ALREADY_EXISTS':
    case 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL':
      return 'This email already has an account. Sign in instead.'
    case 'INVALID_TOKEN':
      return 'This link has expired or was already used. Request a new email.'
    case 'EMAIL_ALREADY_VERIFIED':
      return 'Your email address is already confirmed. Reload this page.'
    case 'RESET_PASSWORD_DISABLED':
      return "We can't send emails right now. Contact us to get a new password."
  }
  // The app's own rate limits have messages that say when to try again.
  if (error.code?.startsWith('TOO_MANY_') && error.message) return error.message
  if (error.status === 429) return 'Too many attempts. Wait a minute, then try again.'
  if (error.status >= 500) return 'Something went wrong on our side. Try again in a moment.'
  return error.message ?? 'Something went wrong. Try again.'
}
