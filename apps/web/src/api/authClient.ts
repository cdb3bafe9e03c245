import { createAuthClient } from 'better-auth/react'

/** Sessions, at `/api/auth`. Signing out in one tab signs out the others. */
export const authClient = createAuthClient()
